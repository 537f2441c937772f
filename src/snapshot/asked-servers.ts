import { referencesIn, type Reference } from '../k8s/client-references.ts';
import { settingsOf, type Configured } from '../k8s/client-settings.ts';
import { denotedBy, parseResolvConf, questionsFor, resolverOf, type Resolver } from '../k8s/names.ts';
import type { ConfigMap, Service } from '../k8s/objects.ts';
import { podIPsOf } from '../k8s/pods.ts';
import { addressesOf, type ClusterDns } from './cluster-dns.ts';
import type { Client } from './facts.ts';
import type { ResolvConf } from './snapshot.ts';

/** The resolver of a client: what was read in one of its Pods, else what kubelet writes for such a spec. */
export interface ClientResolver extends Resolver {
  /** Empty where kubelet takes them from the node, or nobody knows them. */
  readonly nameservers: readonly string[];
  readonly observed: ResolvConf | undefined;
}

export function clientResolver(
  client: Client,
  dns: ClusterDns,
  resolvConfs: readonly ResolvConf[] = [],
): ClientResolver {
  const observed = resolvConfs.find(({ pod }) =>
    client.pods.some(({ metadata }) => metadata.name === pod.name && metadata.namespace === pod.namespace),
  );
  const written = resolverOf(client.spec, client.namespace, dns.domain?.value);
  if (observed) return { ...written, ...parseResolvConf(observed.text), observed };
  const given = written.asks === 'cluster' ? (dns.kubeletServers?.value ?? dns.addresses) : [];
  return { ...written, nameservers: [...given, ...(client.spec.dnsConfig?.nameservers ?? [])], observed: undefined };
}

/** Whether this address leads to the cluster DNS: its Service, one of its Pods, or the cache on the node. */
export const isClusterDns = (address: string, dns: ClusterDns): boolean =>
  dns.addresses.includes(address) ||
  dns.pods.some((pod) => podIPsOf(pod).includes(address)) ||
  (dns.nodeLocal?.addresses.includes(address) ?? false);

/** How a client calls a Service, as far as its settings tell. */
export interface NameUse {
  readonly reference: Reference;
  /** The words between the host and the cluster domain: `db`, `db.demo`, `db.demo.svc.cluster.local`, `db-0.db`. */
  readonly host: string;
  /** A per-Pod name: the first label stands for one endpoint. */
  readonly perPod: boolean;
}

/** The settings of a client that name this Service, whether or not the name resolves from where it is. */
export function namesUsed(
  client: Configured,
  configMaps: readonly ConfigMap[] | undefined,
  service: Service,
  domain = 'cluster.local',
): readonly NameUse[] {
  const { name, namespace = '' } = service.metadata;
  const resolver = { searches: [`${client.namespace}.svc.${domain}`, `svc.${domain}`, domain], ndots: 5 };
  return referencesIn(settingsOf(client, configMaps ?? [])).flatMap((reference): readonly NameUse[] => {
    const host = reference.host.toLowerCase();
    for (const fqdn of questionsFor(host, resolver)) {
      const denoted = denotedBy(fqdn, domain);
      if (denoted?.kind !== 'service' && denoted?.kind !== 'endpoint') continue;
      if (denoted.service === name && denoted.namespace === namespace)
        return [{ reference, host: reference.host, perPod: denoted.kind === 'endpoint' }];
    }
    return [];
  });
}

/** Whether a client is told the Service's address instead of a name: then no resolver matters. */
export const callsByAddress = (
  client: Configured,
  configMaps: readonly ConfigMap[] | undefined,
  service: Service,
): boolean =>
  referencesIn(settingsOf(client, configMaps ?? [])).some(({ host }) => addressesOf(service).includes(host));
