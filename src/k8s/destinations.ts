import { namedIn } from './named.ts';
import { endpointsIn, isReadyEndpoint, portsOf, type ListedEndpoint } from './endpoints.ts';
import type { EndpointSlice, Labels, Pod, PodSpec, Protocol, Service, ServicePort } from './objects.ts';
import { oncePer, whileSame } from './once-per.ts';
import { podIPsOf } from './pods.ts';
import { protocolOf } from './ports.ts';

/** Where a connection to a Service ends up: one endpoint, on the Pod port behind one Service port. */
export interface Destination {
  readonly listed: ListedEndpoint;
  /** The Pod behind the address, where it is one that was read. */
  readonly pod: Pod | undefined;
  readonly address: string;
  readonly servicePort: ServicePort;
  readonly port: number;
  readonly protocol: Protocol;
}

/** Every destination of a Service: its ready endpoints or, where none is ready, all that are listed. */
export const destinationsOf: (
  service: Service,
  slices: readonly EndpointSlice[],
  pods: readonly Pod[],
) => readonly Destination[] = whileSame((service, slices, pods) => {
  const all = endpointsIn(slices);
  const ready = all.filter(({ endpoint }) => isReadyEndpoint(endpoint));
  return (ready.length > 0 ? ready : all).flatMap((listed) =>
    (service.spec.ports ?? []).flatMap((servicePort) => {
      const opened = portsOf(listed.slice).find(
        (port) => (port.name ?? '') === (servicePort.name ?? '') && protocolOf(port) === protocolOf(servicePort),
      );
      const address = listed.endpoint.addresses[0];
      if (opened?.port === undefined || opened.port === null || address === undefined) return [];
      return [
        {
          listed,
          address,
          servicePort,
          port: opened.port,
          protocol: protocolOf(servicePort),
          pod: podBehind(listed, pods),
        },
      ];
    }),
  );
});

/** The Pod an endpoint stands for: by its reference, else by its address. */
export function podBehind({ slice, endpoint }: ListedEndpoint, pods: readonly Pod[]): Pod | undefined {
  const { targetRef, addresses } = endpoint;
  if (targetRef?.kind === 'Pod') {
    return namedIn(pods, targetRef.namespace ?? slice.metadata.namespace, targetRef.name ?? '');
  }
  const held = podsByAddress(pods);
  const [first, ...others] = addresses.flatMap((ip) => held.get(ip) ?? []);
  return first && others.length === 0 ? first : pods.find((pod) => pod === first || others.includes(pod));
}

/** The first Pod of its own network that holds each address. */
const podsByAddress = oncePer((pods: readonly Pod[]): ReadonlyMap<string, Pod> => {
  const index = new Map<string, Pod>();
  for (const pod of pods) {
    if (pod.spec.hostNetwork) continue;
    for (const ip of podIPsOf(pod)) if (!index.has(ip)) index.set(ip, pod);
  }
  return index;
});

/** Stands in for the Pods of a client that has none yet: what its template says, without an address or a node. */
export const podFromTemplate = (name: string, namespace: string, labels: Labels, spec: PodSpec): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels },
  spec,
});
