import type { CorefilePlugin } from '../k8s/corefile.ts';
import { endpointsIn, isReadyEndpoint } from '../k8s/endpoints.ts';
import type { Node, Pod, Service, Workload } from '../k8s/objects.ts';
import { whyNotReady, type PodTrouble } from '../k8s/pod-troubles.ts';
import { isReady, isTerminating, podIPsOf, podsSelectedBy } from '../k8s/pods.ts';
import { isLoopback } from '../k8s/resolv-conf.ts';
import type { ClusterDns } from './cluster-dns.ts';
import type { Log } from './snapshot.ts';

/** One cause for one outage, so that no two checks speak of the same Pods. */
export type DnsOutageKind =
  | 'no-pods'
  | 'not-selected'
  | 'loop'
  | 'corefile'
  | 'forbidden'
  | 'api-unreachable'
  | 'crash'
  | 'pending'
  | 'cannot-start'
  | 'not-ready';

export interface AilingPod {
  readonly pod: Pod;
  readonly trouble: PodTrouble | undefined;
}

export interface LastWords {
  readonly pod: Pod;
  readonly previous: boolean;
  /** Where it stands: `log of the previous container`, or the field of the status. */
  readonly path: string;
  readonly line: string;
}

/** Nobody serves behind the DNS Service. */
export interface DnsOutage {
  readonly kind: DnsOutageKind;
  readonly service: Service;
  readonly ailing: readonly AilingPod[];
  /** The line of a log, or of the container's own last message, that tells why. */
  readonly said: LastWords | undefined;
}

/** How many of its endpoints the DNS Service may use, and how many it lists. */
export function dnsEndpoints({ slices }: ClusterDns): { readonly ready: number; readonly listed: number } {
  const listed = endpointsIn(slices);
  return { ready: listed.filter(({ endpoint }) => isReadyEndpoint(endpoint)).length, listed: listed.length };
}

/** Why the cluster DNS serves nobody; undefined where somebody does, or where there is no Service to serve. */
export function dnsOutage(
  dns: ClusterDns,
  nodes: readonly Node[] | undefined,
  logs: readonly Log[] = [],
): DnsOutage | undefined {
  const { service } = dns;
  if (!service || dnsEndpoints(dns).ready > 0) return undefined;
  const living = dns.pods.filter((pod) => !isTerminating(pod));
  const none = { service, ailing: [], said: undefined };
  if (living.length === 0) return { kind: 'no-pods', ...none };
  const selected = podsSelectedBy(service, living);
  if (selected.length === 0)
    return {
      kind: 'not-selected',
      service,
      said: undefined,
      ailing: living.map((pod) => ({ pod, trouble: undefined })),
    };
  const ailing = selected
    .filter((pod) => !isReady(pod))
    .map((pod) => ({ pod, trouble: whyNotReady(pod, { events: dns.events, nodes }) }));
  const said = (pattern: RegExp) => lineIn(logs, selected, pattern) ?? messageIn(ailing, pattern);
  for (const [kind, pattern] of telling) {
    const found = said(pattern);
    if (found && (kind !== 'corefile' || fell(ailing))) return { kind, service, ailing, said: found };
  }
  if (fell(ailing)) {
    const words = said(/\S/);
    const byItself = !ailing.some(({ trouble }) => trouble?.reason === 'OOMKilled' || trouble?.kind === 'killed');
    const invalid = dns.corefile?.parsed.error !== undefined && byItself;
    const gaveUp = ailing.some(({ trouble }) => trouble?.kind === 'crash' && (trouble.exitCode ?? 1) === 1);
    const circles = !words && byItself && gaveUp && circlingForward(dns)?.noticed;
    return { kind: invalid ? 'corefile' : circles ? 'loop' : 'crash', service, ailing, said: words };
  }
  const kinds = ailing.map(({ trouble }) => trouble?.kind);
  if (kinds.includes('unschedulable')) return { kind: 'pending', service, ailing, said: undefined };
  const cannotStart = kinds.some(
    (kind) => kind === 'image' || kind === 'config' || kind === 'volume' || kind === 'sandbox',
  );
  if (cannotStart) return { kind: 'cannot-start', service, ailing, said: undefined };
  return { kind: 'not-ready', service, ailing, said: said(/\[(ERROR|FATAL|WARNING)\]|Still waiting on/) };
}

const fell = (ailing: readonly AilingPod[]): boolean =>
  ailing.some(({ trouble }) => trouble?.kind === 'crash' || trouble?.kind === 'killed');

/** What CoreDNS writes before it gives up, the surest first. */
const telling: readonly (readonly [DnsOutageKind, RegExp])[] = [
  ['loop', /plugin\/loop: .*Loop|Loop \(.*\) detected/i],
  [
    'corefile',
    /Error during parsing|Unknown directive|unknown property|Corefile:\d+|no valid upstream addresses|not an IP address or file|File to import not found|Unexpected EOF/i,
  ],
  ['forbidden', /is forbidden: User|cannot (list|watch|get) resource|\bUnauthorized\b/i],
  [
    'api-unreachable',
    /(plugin\/kubernetes|reflector|Failed to (watch|list)).*(dial tcp|i\/o timeout|connection refused|no route to host|TLS handshake timeout|x509)/i,
  ],
];

/** The last line in a log of these Pods that matches, those of crashed containers first. */
export function lineIn(logs: readonly Log[], pods: readonly Pod[], pattern: RegExp): LastWords | undefined {
  for (const log of logs.toSorted((a, b) => Number(b.previous) - Number(a.previous))) {
    const pod = pods.find(({ metadata }) => metadata.name === log.pod.name && metadata.namespace === log.pod.namespace);
    const line = pod && log.text.split('\n').findLast((text) => text.trim() !== '' && pattern.test(text));
    const path = log.previous ? 'log of the previous container' : 'log';
    if (pod && line !== undefined) return { pod, previous: log.previous, path, line: line.trim().slice(0, 300) };
  }
  return undefined;
}

/** The last words of a container that its status keeps (terminationMessagePolicy). */
function messageIn(ailing: readonly AilingPod[], pattern: RegExp): LastWords | undefined {
  for (const { pod } of ailing)
    for (const { state, lastState } of pod.status?.containerStatuses ?? [])
      for (const [field, ended] of [
        ['state', state?.terminated],
        ['lastState', lastState?.terminated],
      ] as const) {
        const line = ended?.message?.split('\n').findLast((text) => text.trim() !== '' && pattern.test(text));
        const path = `status.containerStatuses.${field}.terminated.message`;
        if (line !== undefined) return { pod, previous: field === 'lastState', path, line: line.trim().slice(0, 300) };
      }
  return undefined;
}

/** A `forward` of the Corefile that leads back to the server itself. */
export interface CirclingForward {
  readonly plugin: CorefilePlugin;
  /** It forwards to /etc/resolv.conf, which names the cluster DNS for a Pod with this dnsPolicy. */
  readonly byPolicy: { readonly workload: Workload; readonly policy: string } | undefined;
  /** The plugin `loop` stands beside it and stops the process as soon as a question comes back. */
  readonly noticed: boolean;
}

export function circlingForward({
  corefile,
  addresses,
  pods,
  workloads,
}: Pick<ClusterDns, 'corefile' | 'addresses' | 'pods' | 'workloads'>): CirclingForward | undefined {
  const onNode = pods.some(({ spec }) => spec.hostNetwork === true);
  const own = new Set([...addresses, ...pods.flatMap(podIPsOf)]);
  const [workload] = workloads;
  const policy = workload?.spec.template?.spec.dnsPolicy;
  const asksItself =
    (policy === 'ClusterFirst' || policy === 'ClusterFirstWithHostNet') &&
    pods.every(({ spec }) => spec.dnsConfig === undefined);
  for (const { plugins } of corefile?.parsed.blocks ?? []) {
    for (const plugin of plugins.filter(({ name }) => name === 'forward')) {
      const to = plugin.args.slice(1);
      const itself = to.some((server) => {
        const address = server.replace(/^dns:\/\//, '').replace(/^\[(.*)\](:53)?$|^([\d.]+):53$/, '$1$3');
        return own.has(address) || (!onNode && isLoopback(address) && !/\d:\d+$/.test(address));
      });
      const byPolicy = !itself && asksItself && to.includes('/etc/resolv.conf');
      if (itself || byPolicy)
        return {
          plugin,
          byPolicy: byPolicy && workload ? { workload, policy } : undefined,
          noticed: plugins.some(({ name }) => name === 'loop'),
        };
    }
  }
  return undefined;
}

/** `CoreDNS`, or `kube-dns` where the Pods run the older server. */
export const serverName = (dns: ClusterDns): string =>
  [
    ...dns.pods.flatMap(({ spec }) => spec.containers),
    ...dns.workloads.flatMap(({ spec }) => spec.template?.spec.containers ?? []),
  ].some(({ image }) => /k8s-dns-kube-dns|kubedns/i.test(image ?? ''))
    ? 'kube-dns'
    : 'CoreDNS';

/** `coredns-5d78c-x2k: CrashLoopBackOff`, for every Pod that does not serve. */
export const formatAiling = (ailing: readonly AilingPod[]): string =>
  [...new Set(ailing.map(({ trouble }) => trouble?.reason ?? 'Ready'))].join(', ');
