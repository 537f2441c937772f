import type { KubeObject } from './objects.ts';
import { oncePer } from './once-per.ts';

/** The node, namespace or other object without a namespace that has this name. */
export const named = <T extends KubeObject>(
  objects: readonly T[] | undefined,
  name: string | undefined,
): T | undefined => objects && (byName(objects).get(name) as T | undefined);

const byName = oncePer((objects: readonly KubeObject[]): ReadonlyMap<string | undefined, KubeObject> => {
  const index = new Map<string | undefined, KubeObject>();
  for (const object of objects) if (!index.has(object.metadata.name)) index.set(object.metadata.name, object);
  return index;
});
