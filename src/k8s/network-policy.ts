import { named } from './named.ts';
import { isInCidr } from './addresses.ts';
import { formatLabelSelector, matchesLabelSelector, ownValue } from './labels.ts';
import type {
  IntOrString,
  Labels,
  LabelSelector,
  Namespace,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  Pod,
  PodSpec,
  Protocol,
} from './objects.ts';
import { familyOf, podIPsOf } from './pods.ts';
import { isForDnsInsteadOf, weightOfPeer, weightOfPort } from './policy-nearness.ts';
import { declaredPortsOf, isNamedPort, protocolOf } from './ports.ts';

export type Direction = 'Ingress' | 'Egress';

/** One end of a connection as policies see it: a Pod, or (without `pod`) a bare address outside any Pod. */
export interface PolicyEnd {
  readonly pod?: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Labels;
    readonly namespaceLabels: Labels;
    readonly spec: PodSpec;
  };
  readonly addresses: readonly string[];
}

/** A connection after the Service translation: the port is the *Pod's*. */
export interface PolicyConnection {
  readonly from: PolicyEnd;
  readonly to: PolicyEnd;
  readonly port: number;
  readonly protocol: Protocol;
}

/** Why a peer of a rule is not the other end, or a policy does not select this end. */
export type PeerMiss =
  /** One requirement on labels of the Pod or of its namespace; `has` is the value that stands there. */
  | {
      readonly kind: 'pod-label' | 'namespace-label';
      readonly key: string;
      readonly wants: string;
      /** The values that would do; none where only the key counts. */
      readonly values: readonly string[];
      readonly has: string | undefined;
    }
  /** A podSelector alone admits Pods of the policy's own namespace only. */
  | { readonly kind: 'other-namespace'; readonly wants: string; readonly has: string }
  | {
      readonly kind: 'address';
      readonly cidr: string;
      readonly except: string | undefined;
      readonly has: readonly string[];
    }
  /** Traffic of a hostNetwork Pod carries its node's address: no selector matches it. */
  | { readonly kind: 'host-network'; readonly has: readonly string[] }
  | { readonly kind: 'not-a-pod'; readonly has: readonly string[] };

export type PortMiss =
  | { readonly kind: 'number'; readonly wants: string; readonly has: number }
  | { readonly kind: 'protocol'; readonly wants: Protocol; readonly has: Protocol }
  /** A named port: the number this name has in the Pod, undefined where no container declares it. */
  | { readonly kind: 'name'; readonly wants: string; readonly resolves: number | undefined; readonly has: number };

/** A rule that does not admit the connection, and why: nothing in `peer` means that the other end matches, nothing in `port` that the port does. */
export interface RuleMiss {
  readonly policy: NetworkPolicy;
  readonly direction: Direction;
  readonly rule: number;
  /** Index of the nearest peer in `from` or `to`, and of the nearest entry in `ports`. */
  readonly peerIndex: number | undefined;
  readonly peer: readonly PeerMiss[];
  readonly portIndex: number | undefined;
  readonly port: PortMiss | undefined;
  /** The rule opens DNS and nothing else, and this is another connection. */
  readonly forDns: boolean;
  /** How far it is from admitting: the nearest rule is the one that was meant. */
  readonly distance: number;
}

export interface Admission {
  readonly policy: NetworkPolicy;
  readonly rule: number;
  /** The peer that matched; undefined where the rule names none and so admits everyone. */
  readonly peer: NetworkPolicyPeer | undefined;
}

/** What all policies together say about one connection in one direction. */
export interface Judgement {
  readonly direction: Direction;
  readonly allowed: boolean;
  /** `open`: no policy isolates the Pod. `exempt`: policies do not govern such traffic (itself, its node, hostNetwork). */
  readonly because: 'open' | 'exempt' | 'admitted' | 'denied';
  readonly isolating: readonly NetworkPolicy[];
  readonly admissions: readonly Admission[];
  /** Why each rule of the isolating policies does not admit it, the nearest to admitting first. Empty where there is no rule at all. */
  readonly misses: readonly RuleMiss[];
}

/** A Pod as policies see it. A Namespace that is not among those given is known by its name label alone, which the API server sets. */
export function policyEndOf(pod: Pod, namespaces?: readonly Namespace[], address?: string): PolicyEnd {
  const namespace = pod.metadata.namespace ?? '';
  const found = named(namespaces, namespace);
  return {
    pod: {
      name: pod.metadata.name,
      namespace,
      labels: pod.metadata.labels ?? {},
      namespaceLabels: found ? (found.metadata.labels ?? {}) : { 'kubernetes.io/metadata.name': namespace },
      spec: pod.spec,
    },
    addresses: address === undefined ? podIPsOf(pod) : [address],
  };
}

export const addressEnd = (...addresses: readonly string[]): PolicyEnd => ({ addresses });

/** Absent policyTypes mean Ingress always, and Egress where the policy has egress rules. Source: networking/v1 types, PolicyTypes. */
export function directionsOf({ spec }: NetworkPolicy): readonly Direction[] {
  if (spec.policyTypes && spec.policyTypes.length > 0) return spec.policyTypes;
  return (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

/** A policy governs Pods of its own namespace; an empty (or absent) podSelector means all of them. */
export const selectsForPolicy = (
  policy: NetworkPolicy,
  pod: { readonly namespace: string; readonly labels: Labels },
): boolean =>
  policy.metadata.namespace === pod.namespace && matchesLabelSelector(pod.labels, policy.spec.podSelector ?? {});

/** Both directions, in the order of the packet: it leaves the client, then enters the Pod. */
export const judgeConnection = (
  connection: PolicyConnection,
  policies: readonly NetworkPolicy[],
): { readonly egress: Judgement; readonly ingress: Judgement } => ({
  egress: judge('Egress', connection, policies),
  ingress: judge('Ingress', connection, policies),
});

/**
 * Whether the policies let a connection leave its source (Egress) or enter its destination (Ingress): the union of all rules of all
 * policies that select the Pod. Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function judge(
  direction: Direction,
  connection: PolicyConnection,
  policies: readonly NetworkPolicy[],
): Judgement {
  const governed = direction === 'Ingress' ? connection.to : connection.from;
  const verdict = (
    allowed: boolean,
    because: Judgement['because'],
    rest: Partial<Pick<Judgement, 'isolating' | 'admissions' | 'misses'>> = {},
  ): Judgement => ({ direction, allowed, because, isolating: [], admissions: [], misses: [], ...rest });
  const { pod } = governed;
  if (!pod) return verdict(true, 'open');
  const isolating = policies.filter(
    (policy) => directionsOf(policy).includes(direction) && selectsForPolicy(policy, pod),
  );
  if (isolating.length === 0) return verdict(true, 'open');
  if (isExempt(direction, connection)) return verdict(true, 'exempt', { isolating });
  const outcomes = isolating.flatMap((policy) =>
    rulesOf(policy, direction).map((rule, index) => judgeRule(policy, direction, rule, index, connection)),
  );
  const admissions = outcomes.filter((outcome) => 'admitted' in outcome).map(({ admitted }) => admitted);
  if (admissions.length > 0) return verdict(true, 'admitted', { isolating, admissions });
  const misses = outcomes
    .filter((outcome) => 'miss' in outcome)
    .map(({ miss }) => miss)
    .sort((a, b) => a.distance - b.distance);
  return verdict(false, 'denied', { isolating, misses });
}

/**
 * A Pod may always talk to itself, a node to the Pods that run on it, and hostNetwork Pods are the node as far as policies go:
 * no selector governs them, in any common implementation.
 */
function isExempt(direction: Direction, { from, to }: PolicyConnection): boolean {
  const governed = direction === 'Ingress' ? to.pod : from.pod;
  if (governed?.spec.hostNetwork) return true;
  if (from.pod && to.pod && from.pod.name === to.pod.name && from.pod.namespace === to.pod.namespace) return true;
  const node = from.pod?.spec.hostNetwork ? from.pod.spec.nodeName : undefined;
  return direction === 'Ingress' && node !== undefined && node === to.pod?.spec.nodeName;
}

interface Rule {
  readonly peers: readonly NetworkPolicyPeer[];
  readonly ports: readonly NetworkPolicyPort[];
}

/** The rules of one direction; absent, null and empty lists of peers or ports admit everything. */
export const rulesOf = ({ spec }: NetworkPolicy, direction: Direction): readonly Rule[] =>
  direction === 'Ingress'
    ? (spec.ingress ?? []).map((rule) => ({ peers: rule?.from ?? [], ports: rule?.ports ?? [] }))
    : (spec.egress ?? []).map((rule) => ({ peers: rule?.to ?? [], ports: rule?.ports ?? [] }));

function judgeRule(
  policy: NetworkPolicy,
  direction: Direction,
  { peers, ports }: Rule,
  index: number,
  connection: PolicyConnection,
): { readonly admitted: Admission } | { readonly miss: RuleMiss } {
  const other = direction === 'Ingress' ? connection.from : connection.to;
  const family = connection.to.addresses[0] && familyOf(connection.to.addresses[0]);
  const addresses = other.addresses.filter((address) => family === undefined || familyOf(address) === family);
  const byPeer = peers.map((peer) => missesOfPeer(peer, policy, { ...other, addresses }));
  const byPort = ports.map((port) => missOfPort(port, connection));
  const matches = byPeer.flatMap((misses, place) => (misses.length === 0 ? [place] : []));
  // Some plugins do not apply an ipBlock to Pods: what admits by labels is the surer witness.
  const matched = matches.find((place) => !peers[place]?.ipBlock) ?? matches[0] ?? -1;
  if ((peers.length === 0 || matched >= 0) && (ports.length === 0 || byPort.includes(undefined)))
    return { admitted: { policy, rule: index, peer: peers[matched] } };
  const weights = byPeer.map((misses, place) => weightOfPeer(peers[place] ?? {}, misses, other));
  const peerIndex = matched >= 0 ? matched : nearest(weights);
  const peer = byPeer[peerIndex ?? -1] ?? [];
  const entry = (miss: PortMiss | undefined) =>
    miss ? weightOfPort(miss, peer.length === 0 ? peers[peerIndex ?? -1] : undefined) : 0;
  const portIndex = byPort.includes(undefined) ? byPort.indexOf(undefined) : nearest(byPort.map(entry));
  const port = byPort[portIndex ?? -1];
  const forDns = port !== undefined && isForDnsInsteadOf(connection.port, ports);
  const apart = (peer.length > 0 && port !== undefined) || forDns ? 3 : 0;
  const distance = (weights[peerIndex ?? -1] ?? 0) + entry(port) + apart;
  return { miss: { policy, direction, rule: index, peerIndex, peer, portIndex, port, forDns, distance } };
}

function missesOfPeer(peer: NetworkPolicyPeer, policy: NetworkPolicy, other: PolicyEnd): readonly PeerMiss[] {
  if (peer.ipBlock) return missesOfBlock(peer.ipBlock, other.addresses);
  if (!other.pod) return [{ kind: 'not-a-pod', has: other.addresses }];
  if (other.pod.spec.hostNetwork) return [{ kind: 'host-network', has: other.addresses }];
  const { pod } = other;
  const inNamespace: readonly PeerMiss[] = peer.namespaceSelector
    ? missesOfSelector('namespace-label', peer.namespaceSelector, pod.namespaceLabels)
    : pod.namespace === policy.metadata.namespace
      ? []
      : [{ kind: 'other-namespace', wants: policy.metadata.namespace ?? '', has: pod.namespace }];
  const onPod = peer.podSelector ? missesOfSelector('pod-label', peer.podSelector, pod.labels) : [];
  return [...inNamespace, ...onPod];
}

function missesOfBlock(
  { cidr, except }: NonNullable<NetworkPolicyPeer['ipBlock']>,
  addresses: readonly string[],
): readonly PeerMiss[] {
  const inside = addresses.filter((address) => isInCidr(address, cidr));
  if (inside.length === 0) return [{ kind: 'address', cidr, except: undefined, has: addresses }];
  const excepted = (address: string) => (except ?? []).find((hole) => isInCidr(address, hole));
  if (inside.some((address) => excepted(address) === undefined)) return [];
  return [{ kind: 'address', cidr, except: excepted(inside[0] ?? ''), has: inside }];
}

/** Every requirement of a selector that the labels do not meet, one by one. */
function missesOfSelector(
  kind: 'pod-label' | 'namespace-label',
  selector: LabelSelector,
  labels: Labels,
): readonly Extract<PeerMiss, { key: string }>[] {
  const requirements: readonly { readonly key: string; readonly selector: LabelSelector }[] = [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
      key,
      selector: { matchLabels: { [key]: value } },
    })),
    ...(selector.matchExpressions ?? []).map((expression) => ({
      key: expression.key,
      selector: { matchExpressions: [expression] },
    })),
  ];
  return requirements
    .filter((requirement) => !matchesLabelSelector(labels, requirement.selector))
    .map(({ key, selector: wanted }) => ({
      kind,
      key,
      wants: formatLabelSelector(wanted),
      values: [
        ...Object.values(wanted.matchLabels ?? {}),
        ...(wanted.matchExpressions ?? []).flatMap(({ operator, values }) => (operator === 'In' ? (values ?? []) : [])),
      ],
      has: ownValue(labels, key),
    }));
}

/** A named port is looked up on the *destination* Pod, in both directions; endPort makes a range of numbers. */
function missOfPort(entry: NetworkPolicyPort, { to, port, protocol }: PolicyConnection): PortMiss | undefined {
  const wanted = protocolOf(entry);
  if (wanted !== protocol && (typeof entry.port !== 'number' || covers(entry.port, entry.endPort, port)))
    return { kind: 'protocol', wants: wanted, has: protocol };
  if (wanted !== protocol) return { kind: 'number', wants: `${formatPolicyPort(entry)}/${wanted}`, has: port };
  if (entry.port === undefined || entry.port === null) return undefined;
  if (isNamedPort(entry.port)) {
    const named = to.pod ? numbersOf(entry.port, to.pod.spec, protocol) : [];
    return named.includes(port) ? undefined : { kind: 'name', wants: entry.port, resolves: named[0], has: port };
  }
  if (covers(entry.port, entry.endPort, port)) return undefined;
  return { kind: 'number', wants: formatPolicyPort(entry), has: port };
}

const covers = (first: number, last: number | null | undefined, port: number): boolean =>
  port >= first && port <= (last ?? first);

const numbersOf = (name: IntOrString, spec: PodSpec, protocol: Protocol): readonly number[] =>
  declaredPortsOf(spec)
    .filter(({ port }) => port.name === name && protocolOf(port) === protocol)
    .map(({ port }) => port.containerPort);

/** `8080`, `http`, `32000-32768`; `all ports` where the entry names a protocol alone. */
export const formatPolicyPort = ({ port, endPort }: NetworkPolicyPort): string =>
  port === undefined || port === null ? 'all ports' : `${port}${endPort === undefined ? '' : `-${endPort}`}`;

/** A peer in words, the parts joined as Kubernetes joins them: `podSelector tier=backend and namespaceSelector team=a`. */
export function formatPeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer): string {
  if (ipBlock) return `ipBlock ${ipBlock.cidr}${ipBlock.except?.length ? ` except ${ipBlock.except.join(', ')}` : ''}`;
  return [
    namespaceSelector && `namespaceSelector ${formatLabelSelector(namespaceSelector)}`,
    podSelector && `podSelector ${formatLabelSelector(podSelector)}`,
  ]
    .filter(Boolean)
    .join(' and ');
}

/** One reason in words: `the Pod has tier=frontend, not tier=backend`. */
export function formatPeerMiss(miss: PeerMiss): string {
  switch (miss.kind) {
    case 'pod-label':
      return `wants ${miss.wants}, the Pod has ${miss.has === undefined ? `no ${miss.key}` : `${miss.key}=${miss.has}`}`;
    case 'namespace-label':
      return `wants namespace ${miss.wants}, the namespace has ${miss.has === undefined ? `no ${miss.key}` : `${miss.key}=${miss.has}`}`;
    case 'other-namespace':
      return `a podSelector alone admits Pods of namespace ${miss.wants} only, the Pod is in ${miss.has}`;
    case 'address':
      return miss.except === undefined
        ? `${miss.cidr} does not contain ${miss.has.join(', ') || 'the address'}`
        : `${miss.cidr} leaves out ${miss.except}, which contains ${miss.has.join(', ')}`;
    case 'host-network':
      return `the Pod is on hostNetwork: its traffic carries the node's address ${miss.has.join(', ')}, which no label matches`;
    case 'not-a-pod':
      return `${miss.has.join(', ')} is no Pod: only an ipBlock matches it`;
  }
}

/** `allows 80, the Pod is reached on 8080`. */
export function formatPortMiss(miss: PortMiss): string {
  switch (miss.kind) {
    case 'number':
      return `allows ${miss.wants}, the Pod is reached on ${miss.has}`;
    case 'protocol':
      return `allows ${miss.wants}, the connection is ${miss.has}`;
    case 'name':
      return miss.resolves === undefined
        ? `allows the port named ${miss.wants}, which no container of the Pod declares; it is reached on ${miss.has}`
        : `allows the port named ${miss.wants}, which is ${miss.resolves}; the Pod is reached on ${miss.has}`;
  }
}

const nearest = (weights: readonly number[]): number | undefined =>
  weights.length === 0 ? undefined : weights.indexOf(Math.min(...weights));

/** A rule for other peers *and* other ports (the cache beside the database), or for DNS, was never meant for this connection. */
export const isAboutSomethingElse = (miss: RuleMiss): boolean =>
  miss.forDns || (miss.peer.length > 0 && miss.port !== undefined);
