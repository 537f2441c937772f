import { kubernetesPluginsIn } from '../k8s/corefile.ts';
import { clusterDomainIn, defaultClusterDomain, denotedBy, parseResolvConf, type ClusterName } from '../k8s/names.ts';
import type { ObjectRef } from '../k8s/references.ts';
import type { ClusterDns } from './cluster-dns.ts';
import type { Lookup, ResolvConf } from './snapshot.ts';

/** The domain that questions about Services end in: as Pods search it, as kubelet is told, as CoreDNS serves it, or the usual one. */
export function domainOf(dns: ClusterDns, resolvConfs: readonly ResolvConf[] = []): string {
  const searched = resolvConfs
    .map(({ text }) => clusterDomainIn(parseResolvConf(text).searches))
    .find((domain) => domain !== undefined);
  const served =
    dns.corefile &&
    kubernetesPluginsIn(dns.corefile.parsed)
      .flatMap(({ zones }) => zones)
      .find((zone) => zone !== '');
  return searched ?? dns.domain?.value ?? served ?? defaultClusterDomain;
}

export const nameAsked = ({ name }: Lookup): string => name.toLowerCase().replace(/\.$/, '');

/** What a question is about, where it is about something inside the cluster. */
export const denotedByLookup = (lookup: Lookup, domain: string): ClusterName | undefined =>
  denotedBy(nameAsked(lookup), domain);

/** One string for one server: a Pod, a client's resolver, the DNS Service. */
export const serverOf = ({ server }: Lookup): string =>
  'pod' in server
    ? `pod/${server.pod.name}`
    : 'resolverOf' in server
      ? `the resolver of ${server.resolverOf.name}`
      : 'the DNS Service';

export const vantageOf = ({ from }: Lookup): string =>
  'pod' in from ? `pod/${from.pod.name}` : 'node' in from ? `node/${from.node}` : 'a port-forward';

/** What the evidence of a lookup points at: the server Pod where one was asked, else the DNS Service. */
export function objectAsked({ server }: Lookup, dns: ClusterDns): ObjectRef {
  if ('pod' in server) return { kind: 'pod', name: server.pod.name, namespace: server.pod.namespace };
  return { kind: 'service', name: dns.service?.metadata.name ?? 'kube-dns', namespace: dns.namespace };
}

/** `NXDOMAIN over udp from pod/api-7d9 (5003 ms)` */
export const formatAnswer = (lookup: Lookup): string =>
  [
    lookup.answers?.length === 0
      ? `${lookup.outcome} without data`
      : [lookup.outcome, ...(lookup.answers ?? []).map(({ data }) => data)].join(' '),
    `over ${lookup.transport} from ${vantageOf(lookup)}`,
    ...(lookup.milliseconds === undefined ? [] : [`(${lookup.milliseconds} ms)`]),
  ].join(' ');
