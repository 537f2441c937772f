import { podBehind } from '../k8s/destinations.ts';
import { endpointsIn, type ListedEndpoint } from '../k8s/endpoints.ts';
import type { EndpointSlice, Node, Pod, Service } from '../k8s/objects.ts';
import type { Connect } from './snapshot.ts';

/** A connection that was tried, placed in the cluster: who asked from where, and what the address is to the Service. */
export interface TriedPath {
  readonly connect: Connect;
  readonly from: Pod | undefined;
  readonly fromNode: string | undefined;
  /** Where the address is translated: the node of the caller, or the one whose node port was called. */
  readonly entryNode: string | undefined;
  readonly to: 'virtual' | 'endpoint' | 'node-port';
  readonly endpoint: ListedEndpoint | undefined;
  readonly toNode: string | undefined;
  /** The Pod that asked is the endpoint itself, or one of those behind the virtual address. */
  readonly toItself: boolean;
}

export const connected = ({ connect }: TriedPath): boolean => connect.outcome === 'connected';

/** `shop/api-7d4b on node-b`, for the evidence. */
export const formatSource = ({ from, fromNode, connect }: TriedPath): string =>
  from
    ? `${from.metadata.name}${fromNode ? ` on ${fromNode}` : ''}`
    : 'node' in connect.from
      ? `a Pod on ${connect.from.node}`
      : 'pod' in connect.from
        ? connect.from.pod.name
        : 'a port-forward';

export const formatSocket = ({ connect: { to } }: TriedPath): string =>
  `${to.address.includes(':') ? `[${to.address}]` : to.address}:${to.port}/${to.protocol}`;

/** The connections that concern this Service, from inside the cluster. Port-forwards enter a Pod behind its network: they tell nothing here. */
export function triedPathsOf(
  connects: readonly Connect[],
  service: Service,
  slices: readonly EndpointSlice[],
  pods: readonly Pod[],
  nodes: readonly Node[] = [],
): readonly TriedPath[] {
  const endpoints = endpointsIn(slices);
  const behind = endpoints.map((listed) => podBehind(listed, pods));
  const virtual = new Set([
    ...(service.spec.clusterIPs ?? [service.spec.clusterIP ?? '']),
    ...(service.spec.externalIPs ?? []),
    ...(service.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? ''),
  ]);
  const nodePorts = new Set((service.spec.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : [])));
  return connects.flatMap((connect): readonly TriedPath[] => {
    if ('portForward' in connect.from) return [];
    const source = connect.from;
    const from =
      'pod' in source
        ? pods.find(({ metadata }) => metadata.name === source.pod.name && metadata.namespace === source.pod.namespace)
        : undefined;
    const fromNode = 'node' in source ? source.node : from?.spec.nodeName;
    const endpoint = endpoints.find(({ endpoint: { addresses } }) => addresses.includes(connect.to.address));
    const common = { connect, from, fromNode, entryNode: fromNode };
    if (virtual.has(connect.to.address))
      return [
        {
          ...common,
          to: 'virtual',
          endpoint: undefined,
          toNode: undefined,
          toItself: from !== undefined && behind.includes(from),
        },
      ];
    if (endpoint) {
      const pod = podBehind(endpoint, pods);
      const toNode = endpoint.endpoint.nodeName ?? pod?.spec.nodeName;
      return [{ ...common, to: 'endpoint', endpoint, toNode, toItself: from !== undefined && pod === from }];
    }
    if (nodePorts.has(connect.to.port)) {
      const entered = nodes.find(({ status }) =>
        status?.addresses?.some(({ address }) => address === connect.to.address),
      );
      return [
        {
          ...common,
          entryNode: entered?.metadata.name,
          to: 'node-port',
          endpoint: undefined,
          toNode: undefined,
          toItself: false,
        },
      ];
    }
    return [];
  });
}
