import { judge, policyEndOf, type Direction, type Judgement } from '../k8s/network-policy.ts';
import type { Namespace, NetworkPolicy, Pod, Protocol } from '../k8s/objects.ts';
import { isReady, podsSelectedBy } from '../k8s/pods.ts';
import { protocolOf, resolveTargetPort } from '../k8s/ports.ts';
import type { ClusterDns } from './cluster-dns.ts';
import type { Client } from './facts.ts';

/** One way a question takes: to one server Pod, on the port behind the Service. */
export interface DnsPath {
  readonly server: Pod;
  readonly protocol: Protocol;
  readonly port: number;
  readonly judgement: Judgement;
}

/** What the policies say about every way from a client Pod to the DNS Pods, in one direction: the Pod's port counts, not 53 of the Service. */
export function dnsPaths(
  direction: Direction,
  client: Pod,
  dns: ClusterDns,
  servers: readonly Pod[],
  policies: readonly NetworkPolicy[],
  namespaces: readonly Namespace[],
): readonly DnsPath[] {
  const ports = (dns.service?.spec.ports ?? []).filter(({ port }) => port === 53);
  return servers.flatMap((server) =>
    ports.flatMap((offered): readonly DnsPath[] => {
      const port = resolveTargetPort(server, offered);
      if (port === undefined) return [];
      const protocol = protocolOf(offered);
      const connection = { from: policyEndOf(client, namespaces), to: policyEndOf(server, namespaces), port, protocol };
      return [{ server, protocol, port, judgement: judge(direction, connection, policies) }];
    }),
  );
}

/** The Pods that answer a client: the cache on its node where that is what it asks, else those behind the DNS Service. */
export function serversAsked(dns: ClusterDns): readonly Pod[] {
  const selected = dns.service ? podsSelectedBy(dns.service, dns.pods) : [];
  const ready = selected.filter(isReady);
  return ready.length > 0 ? ready : selected;
}

/** A Pod of the client; where none runs, the one its template would make. */
export const podFor = ({ pods, name, namespace, labels, spec }: Client): Pod =>
  pods[0] ?? { apiVersion: 'v1', kind: 'Pod', metadata: { name: name.name, namespace, labels }, spec };
