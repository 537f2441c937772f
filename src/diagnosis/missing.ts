import { resourceNamed } from '../k8s/resources.ts';
import type { Sight } from '../snapshot/cluster-view.ts';
import type { Missing } from './report.ts';

/** A need that could not be met. */
export type Unmet = Extract<Sight, { need: unknown }>;

/** The permissions that it comes down to, one for each namespace. */
export function missingOf({ need, verb }: Unmet): readonly Missing[] {
  const { group, resource, namespaced } = resourceNamed(need.resource);
  if (!namespaced || need.namespaces === 'all') return [{ verb, group, resource }];
  return need.namespaces.map((namespace) => ({ verb, group, resource, namespace }));
}
