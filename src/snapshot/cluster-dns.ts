import { parseCorefile, type Corefile, type ImportedTexts } from '../k8s/corefile.ts';
import { serviceNameLabel } from '../k8s/endpoints.ts';
import type { ConfigMap, Container, EndpointSlice, Event, KubeObject, Pod, Service, Workload } from '../k8s/objects.ts';
import { isFinished, podsSelectedBy } from '../k8s/pods.ts';
import { podsOf, topOwnerOf, topWorkloads } from '../k8s/workloads.ts';
import type { ClusterView } from './cluster-view.ts';

/** The DNS that Pods are given, with everything that serves it. */
export interface ClusterDns {
  readonly namespace: string;
  /** The Service that holds the address in the Pods' resolv.conf; undefined where none is to be found. */
  readonly service: Service | undefined;
  /** Without one: the Service that was meant to be it and is headless, so it has no address to give to Pods. */
  readonly headless: Service | undefined;
  /** Everything that could serve DNS was read, in all namespaces, and there is nothing. */
  readonly absent: boolean;
  /** The addresses of that Service. */
  readonly addresses: readonly string[];
  readonly slices: readonly EndpointSlice[];
  /** The Pods that serve DNS: those the Service selects, and those of the DNS workload it fails to select. */
  readonly pods: readonly Pod[];
  readonly workloads: readonly Workload[];
  readonly configMaps: readonly ConfigMap[];
  readonly events: readonly Event[];
  /** The Corefile of the cluster DNS, and the ConfigMap it stands in. */
  readonly corefile: { readonly text: string; readonly configMap: ConfigMap; readonly parsed: Corefile } | undefined;
  /** What the cluster was set up to be called, and what its kubelets write into Pods, where an object tells. */
  readonly domain: Configured<string> | undefined;
  readonly kubeletServers: Configured<readonly string[]> | undefined;
  /** NodeLocal DNSCache, where the cluster has it. */
  readonly nodeLocal: NodeLocalDns | undefined;
}

/** A value, and the object and field it was read in. */
export interface Configured<T> {
  readonly value: T;
  readonly object: KubeObject;
  readonly path: string;
}

export interface NodeLocalDns {
  readonly daemonSet: Workload | undefined;
  readonly pods: readonly Pod[];
  /** The addresses it listens on, on every node: 169.254.20.10, and often that of the DNS Service too. */
  readonly addresses: readonly string[];
}

const dnsNames = /^(kube-?dns|coredns|coredns-coredns|rke2-coredns.*|dns-default|cluster-dns)$/;
export const isDnsServer = (image: string | undefined): boolean =>
  /coredns|kube-?dns/i.test(image ?? '') && !/node-cache|autoscaler|sidecar|dnsmasq/i.test(image ?? '');
const isNodeLocalDns = (image: string | undefined): boolean => /node-cache|node-?local-?dns/i.test(image ?? '');

/**
 * Finds the cluster DNS by what clients are given: the nameserver of an observed resolv.conf, then kubelet's configured clusterDNS,
 * then the label that every distribution keeps (`k8s-app=kube-dns`), then a Service that offers port 53 under a usual name.
 */
export function findClusterDns(view: ClusterView): ClusterDns {
  return view.once('cluster dns', () => {
    const kubeletServers = kubeletClusterDns(view);
    const service = serviceOfClusterDns(view, kubeletServers?.value ?? []);
    const headless = service ? undefined : headlessDnsService(view);
    const namespace = (service ?? headless)?.metadata.namespace ?? 'kube-system';
    const workloads = ['apps/deployments', 'apps/daemonsets', 'apps/replicasets', 'apps/statefulsets'].flatMap((key) =>
      view.objects<Workload>(key, namespace),
    );
    const all = view.objects<Pod>('pods', namespace).filter((pod) => !isFinished(pod));
    const selected = service ? podsSelectedBy(service, all) : [];
    const serving = topWorkloads(workloads).filter(
      (workload) =>
        selected.some((pod) => topOwnerOf(pod, workloads) === workload) ||
        (workload.spec.template?.spec.containers ?? []).some(({ image }) => isDnsServer(image)),
    );
    const bare = all.filter((pod) => pod.spec.containers.some(({ image }) => isDnsServer(image)));
    const configMaps = view.objects<ConfigMap>('configmaps', namespace);
    return {
      namespace,
      service,
      headless,
      absent: !service && !headless && serving.length === 0 && bare.length === 0 && nothingServes(view),
      addresses: service ? addressesOf(service) : [],
      slices: service
        ? view
            .objects<EndpointSlice>('discovery.k8s.io/endpointslices', namespace)
            .filter((slice) => slice.metadata.labels?.[serviceNameLabel] === service.metadata.name)
        : [],
      pods: [...new Set([...selected, ...serving.flatMap((workload) => podsOf(workload, all, workloads)), ...bare])],
      workloads: serving,
      configMaps,
      events: view.objects<Event>('events', namespace),
      corefile: corefileOf(configMaps, serving),
      domain: configuredDomain(view),
      kubeletServers,
      nodeLocal: nodeLocalDns(view),
    };
  });
}

export const addressesOf = (service: Service): readonly string[] =>
  [...new Set([service.spec.clusterIP, ...(service.spec.clusterIPs ?? [])])].filter(
    (address): address is string => address !== undefined && address !== '' && address !== 'None',
  );

function serviceOfClusterDns(view: ClusterView, configured: readonly string[]): Service | undefined {
  const services = view
    .objects<Service>('services')
    .filter(({ metadata, spec }) => spec.clusterIP !== 'None' && !metadata.name.endsWith('-upstream'));
  const offersDns = (service: Service) => (service.spec.ports ?? []).some(({ port }) => port === 53);
  const given = [
    ...view
      .observations('ResolvConf')
      .flatMap(({ text }) => [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] ?? '')),
    ...configured,
  ];
  for (const address of given) {
    const service = services.find((candidate) => offersDns(candidate) && addressesOf(candidate).includes(address));
    if (service) return service;
  }
  const usual = (service: Service) => dnsNames.test(service.metadata.name);
  return (
    services.find((service) => service.metadata.labels?.['k8s-app'] === 'kube-dns' && offersDns(service)) ??
    services.find((service) => usual(service) && service.metadata.namespace === 'kube-system') ??
    services.find((service) => usual(service) && offersDns(service))
  );
}

const headlessDnsService = (view: ClusterView): Service | undefined =>
  view
    .objects<Service>('services', 'kube-system')
    .find(
      ({ metadata, spec }) =>
        spec.clusterIP === 'None' &&
        (spec.ports ?? []).some(({ port }) => port === 53) &&
        (metadata.labels?.['k8s-app'] === 'kube-dns' || dnsNames.test(metadata.name)),
    );

/** Whether an empty look proves anything: all Services, and the Pods and workloads where add-ons live, were to be seen, and Pods do run. */
function nothingServes(view: ClusterView): boolean {
  const read = [
    view.sight({ resource: 'services', namespaces: 'all' }),
    ...['pods', 'apps/deployments', 'apps/daemonsets'].map((resource) =>
      view.sight({ resource, namespaces: ['kube-system'] }),
    ),
  ].every(({ state }) => state === 'read');
  const offersDns = ({ spec }: Service) => (spec.ports ?? []).some(({ port }) => port === 53);
  const pods = view.objects<Pod>('pods');
  return (
    read &&
    pods.some(({ status }) => status?.phase === 'Running') &&
    !view.objects<Service>('services').some(offersDns) &&
    !pods.some(({ spec }) => spec.containers.some(({ image }) => isDnsServer(image) || isNodeLocalDns(image)))
  );
}

const kubeletConfigs = (view: Pick<ClusterView, 'objects'>): readonly ConfigMap[] =>
  view
    .objects<ConfigMap>('configmaps', 'kube-system')
    .filter(({ metadata, data }) => metadata.name.startsWith('kubelet-config') && data?.['kubelet'] !== undefined);

/** `clusterDNS` of the kubelet configuration that kubeadm keeps in the cluster. */
export function kubeletClusterDns(view: Pick<ClusterView, 'objects'>): Configured<readonly string[]> | undefined {
  for (const object of kubeletConfigs(view)) {
    const text = object.data?.['kubelet'] ?? '';
    const block = /^clusterDNS:[ \t]*(?:\[(.*)\]|\n((?:[ \t]*-[ \t]*\S+[ \t]*\n?)+))/m.exec(text);
    const value = [...(block?.[1] ?? block?.[2] ?? '').matchAll(/[\dA-Fa-f:.]{3,}/g)].map(([address]) => address);
    if (value.length > 0) return { value, object, path: 'data.kubelet clusterDNS' };
  }
  return undefined;
}

/** `clusterDomain` of kubelet, else `networking.dnsDomain` of kubeadm. */
function configuredDomain(view: Pick<ClusterView, 'objects'>): Configured<string> | undefined {
  for (const object of kubeletConfigs(view)) {
    const value = /^clusterDomain:[ \t]*["']?([\w.-]+)/m.exec(object.data?.['kubelet'] ?? '')?.[1];
    if (value) return { value: value.replace(/\.$/, '').toLowerCase(), object, path: 'data.kubelet clusterDomain' };
  }
  const kubeadm = view
    .objects<ConfigMap>('configmaps', 'kube-system')
    .find(({ metadata }) => metadata.name === 'kubeadm-config');
  const value = /^[ \t]*dnsDomain:[ \t]*["']?([\w.-]+)/m.exec(kubeadm?.data?.['ClusterConfiguration'] ?? '')?.[1];
  return kubeadm && value
    ? {
        value: value.replace(/\.$/, '').toLowerCase(),
        object: kubeadm,
        path: 'data.ClusterConfiguration networking.dnsDomain',
      }
    : undefined;
}

function nodeLocalDns(view: ClusterView): NodeLocalDns | undefined {
  const runsIt = (containers: readonly Container[] | undefined) =>
    (containers ?? []).some(({ image }) => isNodeLocalDns(image));
  const daemonSet = view
    .objects<Workload>('apps/daemonsets', 'kube-system')
    .find(({ spec }) => runsIt(spec.template?.spec.containers));
  const pods = view.objects<Pod>('pods', 'kube-system').filter(({ spec }) => runsIt(spec.containers));
  if (!daemonSet && pods.length === 0) return undefined;
  const args = [...(daemonSet?.spec.template?.spec.containers ?? []), ...(pods[0]?.spec.containers ?? [])]
    .flatMap(({ command = [], args: words = [] }) => [...command, ...words])
    .join(' ');
  const listed = /-localip[= ]+(\S+)/.exec(args)?.[1]?.split(',') ?? [];
  return { daemonSet, pods, addresses: listed.length > 0 ? [...new Set(listed)] : ['169.254.20.10'] };
}

function corefileOf(configMaps: readonly ConfigMap[], workloads: readonly Workload[]): ClusterDns['corefile'] {
  const specs = workloads.flatMap(({ spec }) => (spec.template ? [spec.template.spec] : []));
  const mounted = new Set(specs.flatMap(({ volumes = [] }) => volumes.map(({ configMap }) => configMap?.name)));
  const holding = configMaps.filter(({ data }) => data?.['Corefile'] !== undefined);
  const configMap =
    holding.find(({ metadata }) => mounted.has(metadata.name)) ??
    holding.find(({ metadata }) => metadata.name === 'coredns') ??
    holding.find(({ metadata }) => dnsNames.test(metadata.name));
  const text = configMap?.data?.['Corefile'];
  if (!configMap || text === undefined) return undefined;
  return { text, configMap, parsed: parseCorefile(text, importsFrom(configMaps)) };
}

/** The ports that the Corefile opens for plain DNS; empty where that is not known, or set on the command line. */
export function portsOpened({ corefile, pods }: Pick<ClusterDns, 'corefile' | 'pods'>): readonly number[] {
  const words = pods.flatMap(({ spec }) =>
    spec.containers.flatMap(({ args = [], command = [] }) => [...command, ...args]),
  );
  if (!corefile || corefile.parsed.error || words.some((word) => /^-{1,2}dns\.port/.test(word))) return [];
  return [...new Set(corefile.parsed.blocks.flatMap(({ zones }) => zones.map(({ port }) => port)))];
}

/** Files that a Corefile imports, by the convention of AKS, k3s and others: the keys of a ConfigMap called `coredns-custom`. */
const importsFrom =
  (configMaps: readonly ConfigMap[]): ImportedTexts =>
  (pattern) => {
    const file = pattern.split('/').at(-1) ?? '';
    if (!pattern.includes('custom')) return undefined;
    const custom = configMaps.find(({ metadata }) => /^(coredns|kube-dns)-custom$/.test(metadata.name));
    if (!custom) return file.includes('*') ? [] : undefined;
    const matcher = new RegExp(`^${file.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
    return Object.entries(custom.data ?? {})
      .filter(([key]) => matcher.test(key))
      .map(([key, text]) => ({ file: key, text }));
  };
