import type { KubeObject } from './objects.ts';
import { kubectlName } from './resources.ts';

/** Points at one object, by kubectl's name of its kind. */
export interface ObjectRef {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export const refTo = (object: KubeObject): ObjectRef => ({
  kind: kubectlName(object),
  name: object.metadata.name,
  ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
});

/** `service/db`, and `test1/pod/web-0` for an object outside the reader's own namespace. */
export const formatRef = (ref: ObjectRef, home?: string): string =>
  `${ref.namespace === undefined || ref.namespace === home ? '' : `${ref.namespace}/`}${ref.kind}/${ref.name}`;

/** The arguments that point kubectl at an object: `service db -n demo`. */
export const refArgs = (ref: ObjectRef): readonly string[] => [
  ref.kind,
  ref.name,
  ...(ref.namespace === undefined ? [] : ['-n', ref.namespace]),
];
