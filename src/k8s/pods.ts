import { includesLabels } from './labels.ts';
import type { Condition, Container, ContainerStatus, IPFamily, Pod, PodSpec, Service } from './objects.ts';

/**
 * The Pods whose labels contain the whole selector of the Service, from its own namespace. A nil or empty selector selects nothing.
 * Source: staging/src/k8s.io/endpointslice/reconciler.go; Services without selector are left to others.
 */
export function podsSelectedBy(service: Service, pods: readonly Pod[]): readonly Pod[] {
  const known = selections.get(service)?.get(pods);
  if (known) return known;
  const { selector } = service.spec;
  const selected =
    hasSelector(service) && selector
      ? pods.filter(
          (pod) =>
            pod.metadata.namespace === service.metadata.namespace && includesLabels(pod.metadata.labels, selector),
        )
      : [];
  const bySource = selections.get(service) ?? new WeakMap<readonly Pod[], readonly Pod[]>();
  selections.set(service, bySource.set(pods, selected));
  return selected;
}

/** Nearly every check asks this of the same Service and the same list: each answer is remembered as long as both are. */
const selections = new WeakMap<Service, WeakMap<readonly Pod[], readonly Pod[]>>();

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
