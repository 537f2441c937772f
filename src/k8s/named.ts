import type { KubeObject } from './objects.ts';
import { oncePer } from './once-per.ts';

/** The node, namespace or other object without a namespace that has this name. */
export const named = <T extends KubeObject>(
  objects: readonly T[] | undefined,
  name: string | undefined,
): T | undefined => objects && (byName(objects).get(name) as T | undefined);

/** The object of that namespace that has this name, the first where there are two. */
export const namedIn = <T extends KubeObject>(
  objects: readonly T[],
  namespace: string | undefined,
  name: string | undefined,
): T | undefined => byNamespace(objects).get(namespace)?.get(name) as T | undefined;

const byNamespace = oncePer(
  (objects: readonly KubeObject[]): ReadonlyMap<string | undefined, ReadonlyMap<string | undefined, KubeObject>> => {
    const index = new Map<string | undefined, Map<string | undefined, KubeObject>>();
    for (const object of objects) {
      const { namespace, name } = object.metadata;
      let inside = index.get(namespace);
      if (!inside) index.set(namespace, (inside = new Map()));
      if (!inside.has(name)) inside.set(name, object);
    }
    return index;
  },
);

const byName = oncePer((objects: readonly KubeObject[]): ReadonlyMap<string | undefined, KubeObject> => {
  const index = new Map<string | undefined, KubeObject>();
  for (const object of objects) if (!index.has(object.metadata.name)) index.set(object.metadata.name, object);
  return index;
});
