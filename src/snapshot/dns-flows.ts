import { endpointsIn } from '../k8s/endpoints.ts';
import type { Pod } from '../k8s/objects.ts';
import { protocolOf } from '../k8s/ports.ts';
import type { ClusterDns } from './cluster-dns.ts';
import { vantageOf } from './lookups.ts';
import type { Lookup } from './snapshot.ts';

/** A question over UDP that dies on the way to the DNS Service, where nothing but its own flow is left to blame. */
export interface LostFlow {
  readonly lookup: Lookup;
  readonly from: Pod;
  /** The same client is answered over UDP by the DNS Pods themselves. */
  readonly direct: readonly Lookup[];
  /** The DNS Service answers the same client over TCP. */
  readonly overTcp: readonly Lookup[];
  /** The DNS Service answers other Pods of the same node over UDP. */
  readonly neighbours: readonly Lookup[];
}

/** The Service translates UDP, the DNS Pods answer the client, and the Service answers it over TCP or answers its neighbour: the flow is stale. */
export function lostFlowOf(
  lookups: readonly Lookup[],
  { service, slices, nodeLocal }: ClusterDns,
  pods: readonly Pod[],
): LostFlow | undefined {
  const translated = (service?.spec.ports ?? []).some((port) => port.port === 53 && protocolOf(port) === 'UDP');
  const served = slices.some(({ ports }) => (ports ?? []).some(({ protocol }) => protocol === 'UDP'));
  if (!translated || !served || endpointsIn(slices).length === 0 || nodeLocal) return undefined;
  const answered = ({ outcome }: Lookup) => outcome !== 'timeout';
  const podOf = ({ from }: Lookup) =>
    'pod' in from
      ? pods.find(({ metadata }) => metadata.name === from.pod.name && metadata.namespace === from.pod.namespace)
      : undefined;
  const atService = lookups.filter(({ server }) => !('pod' in server));
  for (const lookup of atService.filter((each) => each.transport === 'udp' && !answered(each))) {
    const from = podOf(lookup);
    const same = (other: Lookup) => vantageOf(other) === vantageOf(lookup);
    if (!from || atService.some((other) => same(other) && other.transport === 'udp' && answered(other))) continue;
    const atPods = lookups.filter((other) => same(other) && 'pod' in other.server && other.transport === 'udp');
    const overTcp = atService.filter((other) => same(other) && other.transport === 'tcp' && answered(other));
    const neighbours = atService.filter(
      (other) =>
        !same(other) &&
        other.transport === 'udp' &&
        answered(other) &&
        from.spec.nodeName !== undefined &&
        podOf(other)?.spec.nodeName === from.spec.nodeName,
    );
    if (atPods.length > 0 && atPods.every(answered) && overTcp.length + neighbours.length > 0)
      return { lookup, from, direct: atPods, overTcp, neighbours };
  }
  return undefined;
}
