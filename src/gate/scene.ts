import { serviceNameLabel } from '../k8s/endpoints.ts';
import { isPermitted } from '../k8s/permissions.ts';
import { resourceKey, resourceNamed, type ResourceKey } from '../k8s/resources.ts';
import type { KubeObject } from '../k8s/objects.ts';
import { viewOf, type ClusterView } from '../snapshot/cluster-view.ts';
import { targetsIn, type Selection } from '../snapshot/selection.ts';
import { snapshotVersion } from '../snapshot/snapshot.ts';
import type { TargetName } from '../snapshot/facts.ts';
import { watchPermissions } from './permissions.ts';
import type { Topic } from './watcher.ts';

/** Which Services are gated: as `check` selects them, and of those only the ones with these labels. */
export interface GateSelection {
  readonly services: Selection;
  /** As kubectl's -l. */
  readonly labelSelector?: string;
}

/** Longer lists of names make a longer address than servers like; then the whole namespace is followed. */
const maxNames = 20;

/** What decides: Services and their slices, one topic a kind and namespace; with `workloads`, also how many Pods are asked for. */
export function decidingTopics(
  selection: GateSelection,
  { workloads }: { readonly workloads: boolean },
): readonly Topic[] {
  const { services, labelSelector } = selection;
  const places: readonly (string | undefined)[] =
    services.kind === 'everywhere' || services.kind === 'shard'
      ? [undefined]
      : services.kind === 'namespace'
        ? [services.namespace]
        : [...new Set(services.targets.map(({ namespace }) => namespace))];
  return places.flatMap((namespace) => {
    const names =
      services.kind === 'named'
        ? services.targets.filter((target) => target.namespace === namespace).map(({ name }) => name)
        : [];
    const [only] = names;
    return [
      topic('services', namespace, {
        ...(labelSelector === undefined ? {} : { labelSelector }),
        ...(only !== undefined && names.length === 1 ? { fieldSelector: `metadata.name=${only}` } : {}),
      }),
      topic(
        'discovery.k8s.io/endpointslices',
        namespace,
        names.length > 0 && names.length <= maxNames
          ? { labelSelector: `${serviceNameLabel} in (${names.join(',')})` }
          : {},
      ),
      ...(workloads
        ? ['apps/deployments', 'apps/statefulsets', 'apps/daemonsets'].map((key) => topic(key, namespace))
        : []),
    ];
  });
}

/** What tells that it is worth asking again why a Service does not come: how its Pods fare, and what is said about it. */
export const tellingTopics = (namespace: string): readonly Topic[] => [
  topic('pods', namespace),
  topic('apps/replicasets', namespace),
  topic('apps/deployments', namespace),
  topic('apps/statefulsets', namespace),
  topic('events', namespace, { fieldSelector: 'type=Warning' }),
];

function topic(
  key: ResourceKey,
  namespace: string | undefined,
  narrowed: Pick<Topic, 'labelSelector' | 'fieldSelector'> = {},
): Topic {
  const resource = resourceNamed(key);
  if (!isPermitted(watchPermissions, 'watch', resource, undefined))
    throw new Error(`about to watch what no role of ours names: ${key}`);
  return {
    resource,
    version: resource.versions[0] ?? 'v1',
    ...(namespace === undefined ? {} : { namespace }),
    ...narrowed,
  };
}

/** The objects of some topics as they are now. */
export interface Scene {
  listed(topic: Topic, objects: readonly KubeObject[]): void;
  changed(topic: Topic, type: 'put' | 'gone', object: KubeObject): void;
  view(): ClusterView;
}

export function sceneOf(): Scene {
  const byTopic = new Map<Topic, Map<string, KubeObject>>();
  const nameOf = ({ metadata }: KubeObject) => `${metadata.namespace ?? ''}/${metadata.name}`;
  let view: ClusterView | undefined;
  return {
    listed(topic, objects) {
      byTopic.set(topic, new Map(objects.map((object) => [nameOf(object), object])));
      view = undefined;
    },
    changed(topic, type, object) {
      const known = byTopic.get(topic) ?? new Map<string, KubeObject>();
      byTopic.set(topic, known);
      if (type === 'put') known.set(nameOf(object), object);
      else known.delete(nameOf(object));
      view = undefined;
    },
    view: () =>
      (view ??= viewOf({
        apiVersion: snapshotVersion,
        kind: 'Snapshot',
        takenAt: new Date().toISOString(),
        // A topic holds all there is of what was selected; nothing else is asked of this view.
        coverage: 'complete',
        objects: [...byTopic.values()].flatMap((objects) => [...objects.values()]),
        observations: [],
      })),
  };
}

/** The Services selected, among those that are there; a named one also if it is not. */
export const targetsOf = (view: ClusterView, { services }: GateSelection): readonly TargetName[] =>
  targetsIn(view, services);

export const describe = ({ resource, namespace }: Topic): string =>
  `${resourceKey(resource.group, resource.resource)}${namespace === undefined ? '' : ` in ${namespace}`}`;
