import { kubernetesPluginsIn, type Corefile } from './corefile.ts';
import { clusterDomainIn, defaultClusterDomain, parseResolvConf } from './names.ts';

/** What the cluster calls itself: two configurations that must agree, and sometimes do not. */
export interface ClusterDomain {
  /** The domain in the search list that kubelet writes for Pods. */
  readonly searched: string;
  /** The zones that the cluster DNS answers from the cluster's objects; empty where its configuration is not known. */
  readonly served: readonly string[];
  /** Every other zone that its configuration names: a stub domain, a second cluster's. */
  readonly otherZones: readonly string[];
  /** Where `searched` was read; `assumed` where nobody looked. */
  readonly source: 'resolv.conf' | 'kubelet' | 'Corefile' | 'assumed';
}

/** From the surest source to the weakest: Pods' resolv.conf, kubelet's configuration, the zone that CoreDNS serves, the usual name. */
export function clusterDomainFrom(
  corefile: Corefile | undefined,
  configured: string | undefined,
  resolvConfs: readonly string[],
): ClusterDomain {
  const served = corefile ? [...new Set(kubernetesPluginsIn(corefile).flatMap(({ zones }) => zones))] : [];
  const cluster = served.filter((zone) => zone !== '');
  const otherZones = (corefile?.blocks ?? [])
    .flatMap(({ zones }) => zones.map(({ zone }) => zone))
    .filter((zone) => zone !== '' && !cluster.includes(zone));
  const common = { served: cluster, otherZones };
  const inResolvConf = resolvConfs
    .map((text) => clusterDomainIn(parseResolvConf(text).searches))
    .find((domain) => domain !== undefined);
  if (inResolvConf !== undefined) return { ...common, searched: inResolvConf, source: 'resolv.conf' };
  if (configured !== undefined) return { ...common, searched: configured, source: 'kubelet' };
  const [zone] = cluster;
  if (zone === undefined) return { ...common, searched: defaultClusterDomain, source: 'assumed' };
  return {
    ...common,
    searched: cluster.includes(defaultClusterDomain) ? defaultClusterDomain : zone,
    source: 'Corefile',
  };
}
