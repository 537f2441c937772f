import { matchesLabelSelector } from './labels.ts';
import { unlikeness } from './nearest-name.ts';
import type { PeerMiss, PolicyEnd, PortMiss } from './network-policy.ts';
import type { LabelSelector, NetworkPolicyPeer, NetworkPolicyPort } from './objects.ts';

/** How far a peer is from the other end, by what its author meant: one that names this end, however wrongly, is near; a blanket is far. */
export function weightOfPeer(peer: NetworkPolicyPeer, misses: readonly PeerMiss[], other: PolicyEnd): number {
  const { pod } = other;
  if (misses.length === 0) return 0;
  if (!pod || peer.ipBlock) return sum(misses.map((miss) => weightOfPeerMiss(miss, other)));
  const blanket = isEmptySelector(peer.podSelector);
  const named = !blanket && matchesLabelSelector(pod.labels, peer.podSelector);
  const inside =
    peer.namespaceSelector &&
    !isEmptySelector(peer.namespaceSelector) &&
    matchesLabelSelector(pod.namespaceLabels, peer.namespaceSelector);
  // "Whoever is in my namespace" stands beside nearly every other rule, and was meant for nobody else.
  if (blanket && misses.some(({ kind }) => kind === 'other-namespace')) return 4;
  const total = sum(misses.map((miss) => weightOfPeerMiss(miss, other)));
  return Math.max(0.4, total - (named ? 0.5 : 0) - (inside ? 0.3 : 0));
}

function weightOfPeerMiss(miss: PeerMiss, { pod }: PolicyEnd): number {
  switch (miss.kind) {
    case 'pod-label':
    case 'namespace-label': {
      const known = [
        ...(pod ? [pod.namespace, pod.name, ...Object.values(pod.labels)] : []),
        ...(miss.kind === 'namespace-label' ? Object.values(pod?.namespaceLabels ?? {}) : []),
      ];
      const likeness = Math.min(...miss.values.flatMap((value) => known.map((own) => unlikeness(value, own) ?? 1)), 1);
      if (likeness < 1) return 0.7 + 0.3 * likeness;
      return (miss.has === undefined ? 1.5 : 1.2) + (miss.kind === 'namespace-label' ? 0.6 : 0);
    }
    case 'other-namespace':
      return 1;
    case 'address':
      return miss.except === undefined ? 2.5 : 2;
    case 'host-network':
      return 1.1;
    case 'not-a-pod':
      return 2;
  }
}

/** How far a port entry is; the right peer makes it likely that this very rule was meant. */
export function weightOfPort(miss: PortMiss, peer: NetworkPolicyPeer | undefined): number {
  const meant =
    peer !== undefined &&
    (peer.ipBlock !== undefined || !isEmptySelector(peer.podSelector) || !isEmptySelector(peer.namespaceSelector));
  const own = miss.kind !== 'number' ? 1 : miss.wants.includes('/') ? 1.6 : 1.3;
  return meant ? own / 4 : own;
}

const dnsPorts: readonly unknown[] = [53, '53', 5353, 'dns', 'dns-tcp', 'dns-udp', 'domain'];

/** Rules that open DNS and nothing else are never meant for what listens elsewhere. */
export const isForDnsInsteadOf = (port: number, opened: readonly NetworkPolicyPort[]): boolean =>
  ![53, 1053, 5353, 8053, 9053, 10053].includes(port) &&
  opened.length > 0 &&
  opened.every((each) => dnsPorts.includes(each.port) && each.endPort === undefined);

const isEmptySelector = (selector: LabelSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
