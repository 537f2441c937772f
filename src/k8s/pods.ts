import { includesLabels, indexByLabel } from './labels.ts';
import type { Condition, Container, ContainerStatus, IPFamily, Labels, Pod, PodSpec, Service } from './objects.ts';
import { oncePer, oncePerPair } from './once-per.ts';

/**
 * The Pods whose labels contain the whole selector of the Service, from its own namespace. A nil or empty selector selects nothing.
 * Source: staging/src/k8s.io/endpointslice/reconciler.go; Services without selector are left to others.
 */
export const podsSelectedBy: (service: Service, pods: readonly Pod[]) => readonly Pod[] = oncePerPair(
  ({ metadata: { namespace }, spec: { selector } }: Service, pods: readonly Pod[]) =>
    podsWithLabels(pods, selector ?? {}).filter((pod) => pod.metadata.namespace === namespace),
);

/** Those of them that have not run to their end. Source: endpointslice/util, ShouldPodBeInEndpoints. */
export const unfinishedPodsOf: typeof podsSelectedBy = oncePerPair((service: Service, pods: readonly Pod[]) =>
  podsSelectedBy(service, pods).filter((pod) => !isFinished(pod)),
);

/** The Pods that carry every pair of a selector, in their order; none for an empty one. */
export function podsWithLabels(pods: readonly Pod[], wanted: Labels): readonly Pod[] {
  const byLabel = podsByLabel(pods);
  let fewest: readonly Pod[] | undefined;
  for (const key of Object.keys(wanted)) {
    const having = byLabel.get(key)?.get(wanted[key] ?? '') ?? [];
    if (!fewest || having.length < fewest.length) fewest = having;
  }
  return (fewest ?? []).filter((pod) => includesLabels(pod.metadata.labels, wanted));
}

const podsByLabel = oncePer((pods: readonly Pod[]) => indexByLabel(pods, ({ metadata }) => metadata.labels));

/** The Pods that run on a node. */
export const podsOnNode = (pods: readonly Pod[], node: string): readonly Pod[] => podsByNode(pods).get(node) ?? [];

const podsByNode = oncePer((pods: readonly Pod[]): ReadonlyMap<string | undefined, readonly Pod[]> =>
  Map.groupBy(pods, ({ spec }) => spec.nodeName),
);

export const hasSelector = (service: Service): boolean => Object.keys(service.spec.selector ?? {}).length > 0;

export const conditionOf = (
  object: { readonly status?: { readonly conditions?: readonly Condition[] } },
  type: string,
): Condition | undefined => object.status?.conditions?.find((condition) => condition.type === type);

/** The one thing that makes a Pod a ready endpoint: its condition `Ready`. Ready containers are not enough. */
export const isReady = (pod: Pod): boolean => conditionOf(pod, 'Ready')?.status === 'True';

export const isTerminating = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;

/** A Pod that has run to its end is no endpoint. Source: endpointslice/util, ShouldPodBeInEndpoints. */
export const isFinished = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

export const podIPsOf = (pod: Pod): readonly string[] =>
  pod.status?.podIPs?.map(({ ip }) => ip) ?? (pod.status?.podIP ? [pod.status.podIP] : []);

export const familyOf = (address: string): IPFamily => (address.includes(':') ? 'IPv6' : 'IPv4');

/** A native sidecar: an init container that keeps running beside the others (KEP-753). */
export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

/** The containers that run together for the life of the Pod: the ordinary ones, then native sidecars. */
export const runningContainersOf = (spec: PodSpec): readonly Container[] => [
  ...spec.containers,
  ...(spec.initContainers ?? []).filter(isSidecar),
];

export const containerStatusesOf = (pod: Pod): readonly ContainerStatus[] => [
  ...(pod.status?.initContainerStatuses ?? []),
  ...(pod.status?.containerStatuses ?? []),
];
