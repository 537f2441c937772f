import type { Service } from '../k8s/objects.ts';
import type { ClusterView } from './cluster-view.ts';
import type { TargetName } from './facts.ts';
import { isInShard, type Shard } from './shard.ts';

/** Which Services are looked at. */
export type Selection =
  | { readonly kind: 'named'; readonly targets: readonly TargetName[] }
  | { readonly kind: 'namespace'; readonly namespace: string }
  | { readonly kind: 'everywhere' }
  | ({ readonly kind: 'shard' } & Shard);

/** The Services selected, by namespace and name; a named one whether it exists or not. */
export function targetsIn(view: ClusterView, selection: Selection): readonly TargetName[] {
  if (selection.kind === 'named') return selection.targets;
  const services = view.objects<Service>(
    'services',
    ...(selection.kind === 'namespace' ? ([selection.namespace] as const) : ([] as const)),
  );
  return services
    .map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name }))
    .filter(({ namespace }) => selection.kind !== 'shard' || isInShard(namespace, selection))
    .sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
