import type { PodSpec, Service } from './objects.ts';

/** What nearly every cluster calls itself; kubelet's and CoreDNS's configuration may say otherwise. */
export const defaultClusterDomain = 'cluster.local';

/** Whose DNS a Pod asks: the cluster's, its node's, or the servers of its own dnsConfig. */
export type AskedDns = 'cluster' | 'node' | 'own';

/** How a Pod turns a name into questions: the lines of its resolv.conf that matter for names. */
export interface Resolver {
  readonly asks: AskedDns;
  readonly searches: readonly string[];
  /** A name with fewer dots goes through the search list before it is asked as it stands. */
  readonly ndots: number;
}

/** Which DNS a Pod gets. `hostNetwork` turns ClusterFirst into Default. Source: kubelet/network/dns, getPodDNSType. */
export function askedDnsOf(spec: PodSpec): AskedDns {
  const policy = spec.dnsPolicy ?? 'ClusterFirst';
  if (policy === 'None') return 'own';
  if (policy === 'Default' || (policy === 'ClusterFirst' && spec.hostNetwork === true)) return 'node';
  return 'cluster';
}

/**
 * The resolver kubelet writes for a Pod. Search suffixes of the node are known only where somebody looked: `nodeSearches`.
 * Source: kubelet/network/dns, GetPodDNS and generateSearchesForDNSClusterFirst; at most 32 suffixes.
 */
export function resolverOf(
  spec: PodSpec,
  namespace: string,
  clusterDomain: string = defaultClusterDomain,
  nodeSearches: readonly string[] = [],
): Resolver {
  const asks = askedDnsOf(spec);
  const cluster = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  const given = asks === 'cluster' ? [...cluster, ...nodeSearches] : asks === 'node' ? nodeSearches : [];
  const ndots = spec.dnsConfig?.options?.find((option) => option.name === 'ndots')?.value;
  return {
    asks,
    searches: [...new Set([...given, ...(spec.dnsConfig?.searches ?? [])].map(withoutFinalDot))].slice(0, 32),
    ndots: ndots !== undefined && /^\d+$/.test(ndots) ? Math.min(Number(ndots), 15) : asks === 'cluster' ? 5 : 1,
  };
}

/** What a resolv.conf says; of several `search` lines the last one counts. */
export function parseResolvConf(text: string): Pick<Resolver, 'searches' | 'ndots'> & {
  readonly nameservers: readonly string[];
} {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  const valuesOf = (keyword: string) => lines.filter(([first]) => first === keyword).map(([, ...values]) => values);
  const ndots = valuesOf('options')
    .flat()
    .findLast((option) => /^ndots:\d+$/.test(option));
  return {
    nameservers: valuesOf('nameserver').flat(),
    searches: (valuesOf('search').at(-1) ?? []).filter((suffix) => suffix !== '.').map(withoutFinalDot),
    ndots: ndots ? Math.min(Number(ndots.slice('ndots:'.length)), 15) : 1,
  };
}

/** The cluster domain that a search list betrays: `svc.corp.internal` → `corp.internal`. */
export const clusterDomainIn = (searches: readonly string[]): string | undefined =>
  searches.find((suffix) => suffix.startsWith('svc.'))?.slice('svc.'.length);

/**
 * The questions asked for a name, in order: absolute names only as they stand, names with fewer than ndots dots first with each suffix.
 * Where the dots suffice, glibc tries the suffixes afterwards; musl does not.
 */
export function questionsFor(
  name: string,
  { searches, ndots }: Pick<Resolver, 'searches' | 'ndots'>,
): readonly string[] {
  const lower = name.toLowerCase();
  if (lower.endsWith('.')) return [withoutFinalDot(lower)];
  const dots = lower.split('.').length - 1;
  const expanded = searches.map((suffix) => `${lower}.${suffix}`);
  return dots >= ndots ? [lower, ...expanded] : [...expanded, lower];
}

/** What a full name stands for in the cluster's own zone. */
export type ClusterName =
  | { readonly kind: 'service'; readonly service: string; readonly namespace: string }
  /** One endpoint of a Service, by its hostname: `pod-0.db.demo.svc.cluster.local`. */
  | { readonly kind: 'endpoint'; readonly hostname: string; readonly service: string; readonly namespace: string }
  /** A port of a Service, for SRV questions: `_http._tcp.web.demo.svc.cluster.local`. */
  | { readonly kind: 'port'; readonly service: string; readonly namespace: string }
  /** A Pod by its address: `10-244-1-7.demo.pod.cluster.local`. */
  | { readonly kind: 'pod'; readonly address: string; readonly namespace: string }
  /** Inside the zone, and nobody's name. */
  | { readonly kind: 'nothing' };

/** What a full name denotes, or undefined where it lies outside the cluster domain. Source: CoreDNS plugin/kubernetes, parse.go. */
export function denotedBy(fqdn: string, clusterDomain: string = defaultClusterDomain): ClusterName | undefined {
  const name = withoutFinalDot(fqdn.toLowerCase());
  const zone = withoutFinalDot(clusterDomain.toLowerCase());
  if (name === zone) return { kind: 'nothing' };
  if (!name.endsWith(`.${zone}`)) return undefined;
  const labels = name.slice(0, -zone.length - 1).split('.');
  const kind = labels.at(-1);
  const namespace = labels.at(-2);
  const service = labels.at(-3);
  if (!namespace || !service) return { kind: 'nothing' };
  if (kind === 'pod') {
    return labels.length === 3 ? { kind: 'pod', address: service, namespace } : { kind: 'nothing' };
  }
  if (kind !== 'svc') return { kind: 'nothing' };
  const [first = '', second = ''] = labels;
  if (labels.length === 3) return { kind: 'service', service, namespace };
  if (labels.length === 4) return { kind: 'endpoint', hostname: first, service, namespace };
  if (labels.length === 5 && first.startsWith('_') && second.startsWith('_'))
    return { kind: 'port', service, namespace };
  return { kind: 'nothing' };
}

/** `db.demo.svc.cluster.local`. */
export const fqdnOf = (
  { name, namespace }: { readonly name: string; readonly namespace?: string },
  clusterDomain: string = defaultClusterDomain,
): string => `${name}.${namespace ?? ''}.svc.${clusterDomain}`;

/** Where a name leads. */
export type Resolution =
  | {
      readonly kind: 'service' | 'endpoint';
      readonly service: Service;
      readonly fqdn: string;
      /** Only for an endpoint: its label before the Service's name. */
      readonly hostname?: string;
    }
  | { readonly kind: 'pod'; readonly fqdn: string }
  /** Every question inside the cluster domain is answered with NXDOMAIN, and the name as it stands is nobody's in the cluster. */
  | { readonly kind: 'nowhere'; readonly asked: readonly string[] };

/**
 * The first question that an existing Service answers. Whether an endpoint's hostname is published is for the caller to judge.
 * `nowhere` says nothing about names outside the cluster: those are for the upstream DNS.
 */
export function resolve(
  name: string,
  resolver: Pick<Resolver, 'searches' | 'ndots'>,
  services: readonly Service[],
  clusterDomain: string = defaultClusterDomain,
): Resolution {
  const asked = questionsFor(name, resolver);
  for (const fqdn of asked) {
    const denoted = denotedBy(fqdn, clusterDomain);
    if (!denoted || denoted.kind === 'nothing') continue;
    if (denoted.kind === 'pod') return { kind: 'pod', fqdn };
    const service = serviceCalled(denoted, services);
    if (!service) continue;
    if (denoted.kind === 'endpoint') return { kind: 'endpoint', service, fqdn, hostname: denoted.hostname };
    return { kind: 'service', service, fqdn };
  }
  return { kind: 'nowhere', asked };
}

const serviceCalled = (
  { service, namespace }: { readonly service: string; readonly namespace: string },
  services: readonly Service[],
): Service | undefined =>
  services.find((candidate) => candidate.metadata.name === service && candidate.metadata.namespace === namespace);

const withoutFinalDot = (name: string): string => (name.endsWith('.') ? name.slice(0, -1) : name);
