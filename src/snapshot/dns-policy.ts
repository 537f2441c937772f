import { addressEnd, judge, policyEndOf, type Direction, type Judgement } from '../k8s/network-policy.ts';
import type { Namespace, NetworkPolicy, Pod, Protocol } from '../k8s/objects.ts';
import { isReady, podsSelectedBy } from '../k8s/pods.ts';
import { protocolOf, resolveTargetPort } from '../k8s/ports.ts';
import { isLinkLocal } from '../k8s/resolv-conf.ts';
import type { ClusterDns } from './cluster-dns.ts';
import type { Client } from './facts.ts';

interface Path {
  readonly protocol: Protocol;
  readonly port: number;
  readonly judgement: Judgement;
}

/** One way a question takes: to one server Pod, on the port behind the Service. */
export interface DnsPath extends Path {
  readonly server: Pod;
}

/** The way to a cache on the client's node: it is reached on an address of the node, so no label is that of its Pod. */
export interface CachePath extends Path {
  readonly server?: undefined;
  readonly address: string;
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

/** What the policies say about the way from a client Pod to a cache at this address of its node. */
export const cachePaths = (
  client: Pod,
  address: string,
  policies: readonly NetworkPolicy[],
  namespaces: readonly Namespace[],
): readonly CachePath[] =>
  (['UDP', 'TCP'] as const).map((protocol) => {
    const connection = { from: policyEndOf(client, namespaces), to: addressEnd(address), port: 53, protocol };
    return { address, protocol, port: 53, judgement: judge('Egress', connection, policies) };
  });

/** Where the questions of a client end: at a cache on the network of its node, at the DNS Pods, or, where nobody tells, at either. */
export interface AskedAt {
  /** The addresses, of those that the client may ask, that a cache on its node holds. */
  readonly caches: readonly string[];
  /** It may ask an address that leads to the DNS Pods. */
  readonly pods: boolean;
}

/**
 * NodeLocal DNSCache runs on hostNetwork and binds its addresses on every node. With kube-proxy in iptables mode it binds that of the DNS
 * Service too, and takes the questions before they are translated; a cache that is not ready has taken its addresses back.
 */
export function askedAt(dns: ClusterDns, client: Pod, given: readonly string[]): AskedAt {
  const { nodeLocal } = dns;
  const onNodes = nodeLocal?.pods.filter(({ spec }) => spec.hostNetwork === true && spec.nodeName !== undefined) ?? [];
  const { nodeName } = client.spec;
  const near = nodeName === undefined ? onNodes : onNodes.filter(({ spec }) => spec.nodeName === nodeName);
  const promised = nodeLocal?.pods.length === 0 ? nodeLocal.daemonSet : undefined;
  const runs =
    near.some(isReady) ||
    (promised?.spec.template?.spec.hostNetwork === true && (promised.status?.numberReady ?? 0) > 0);
  const held = runs ? (nodeLocal?.addresses ?? []) : [];
  const linkLocal = held.filter(isLinkLocal);
  const asked = given.length > 0 ? given.slice(0, 1) : [...linkLocal, ...dns.addresses.slice(0, 1)];
  const caches = asked.filter((address) => held.includes(address));
  return { caches, pods: asked.some((address) => !held.includes(address)) };
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
