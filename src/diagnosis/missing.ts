import { resourceNamed } from '../k8s/resources.ts';
import type { ReadNeed } from '../snapshot/cluster-view.ts';
import type { Missing } from './report.ts';

/** The permissions that a need comes down to, one for each namespace. */
export function missingOf(need: ReadNeed): readonly Missing[] {
  const { group, resource, namespaced } = resourceNamed(need.resource);
  const verb = need.names === undefined ? 'list' : 'get';
  if (!namespaced || need.namespaces === 'all') return [{ verb, group, resource }];
  return need.namespaces.map((namespace) => ({ verb, group, resource, namespace }));
}
