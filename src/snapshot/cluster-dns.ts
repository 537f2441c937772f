import { serviceNameLabel } from '../k8s/endpoints.ts';
import type { ConfigMap, EndpointSlice, Event, Pod, Service, Workload } from '../k8s/objects.ts';
import { podsSelectedBy } from '../k8s/pods.ts';
import { podsOf, topOwnerOf, topWorkloads } from '../k8s/workloads.ts';
import type { ClusterView } from './cluster-view.ts';

/** The DNS that Pods are given, with everything that serves it. */
export interface ClusterDns {
  readonly namespace: string;
  /** The Service that holds the address in the Pods' resolv.conf; undefined where none is to be found. */
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
  /** The Pods that serve DNS: those the Service selects, and those of the DNS workload it fails to select. */
  readonly pods: readonly Pod[];
  readonly workloads: readonly Workload[];
  readonly configMaps: readonly ConfigMap[];
  readonly events: readonly Event[];
  /** The Corefile of the cluster DNS, and the ConfigMap it stands in. */
  readonly corefile: { readonly text: string; readonly configMap: ConfigMap } | undefined;
}

const dnsNames = /^(kube-dns|coredns|rke2-coredns.*|dns-default|cluster-dns)$/;
const runsDns = (images: readonly (string | undefined)[]): boolean =>
  images.some((image) => /coredns|kube-?dns|k8s-dns/i.test(image ?? ''));

/**
 * Finds the cluster DNS by what clients are given: the nameserver of an observed resolv.conf, then kubelet's configured clusterDNS,
 * then the label that every distribution keeps (`k8s-app=kube-dns`), then a Service that offers port 53 under a usual name.
 */
export function findClusterDns(view: ClusterView): ClusterDns {
  return view.once('cluster dns', () => {
    const service = serviceOfClusterDns(view);
    const namespace = service?.metadata.namespace ?? 'kube-system';
    const workloads = [
      ...view.objects<Workload>('apps/deployments', namespace),
      ...view.objects<Workload>('apps/daemonsets', namespace),
      ...view.objects<Workload>('apps/replicasets', namespace),
    ];
    const all = view.objects<Pod>('pods', namespace);
    const selected = service ? podsSelectedBy(service, all) : [];
    const serving = topWorkloads(workloads).filter(
      (workload) =>
        selected.some((pod) => topOwnerOf(pod, workloads) === workload) ||
        (dnsNames.test(workload.metadata.name) &&
          runsDns(workload.spec.template?.spec.containers.map(({ image }) => image) ?? [])),
    );
    const pods = [...new Set([...selected, ...serving.flatMap((workload) => podsOf(workload, all, workloads))])];
    const configMaps = view.objects<ConfigMap>('configmaps', namespace);
    return {
      namespace,
      service,
      slices: service
        ? view
            .objects<EndpointSlice>('discovery.k8s.io/endpointslices', namespace)
            .filter((slice) => slice.metadata.labels?.[serviceNameLabel] === service.metadata.name)
        : [],
      pods,
      workloads: serving,
      configMaps,
      events: view.objects<Event>('events', namespace),
      corefile: corefileOf(configMaps, [...serving]),
    };
  });
}

function serviceOfClusterDns(view: ClusterView): Service | undefined {
  const services = view.objects<Service>('services');
  const holding = (address: string) =>
    services.find((service) => service.spec.clusterIP === address || service.spec.clusterIPs?.includes(address));
  const given = [
    ...view
      .observations('ResolvConf')
      .flatMap(({ text }) => [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] ?? '')),
    ...kubeletClusterDns(view),
  ];
  for (const address of given) {
    const service = holding(address);
    if (service) return service;
  }
  const offersDns = (service: Service) => (service.spec.ports ?? []).some((port) => port.port === 53);
  return (
    services.find((service) => service.metadata.labels?.['k8s-app'] === 'kube-dns' && offersDns(service)) ??
    services.find((service) => dnsNames.test(service.metadata.name) && service.metadata.namespace === 'kube-system') ??
    services.find((service) => dnsNames.test(service.metadata.name) && offersDns(service))
  );
}

/** `clusterDNS` of the kubelet configuration that kubeadm keeps in the cluster. */
export function kubeletClusterDns(view: Pick<ClusterView, 'objects'>): readonly string[] {
  const config = view
    .objects<ConfigMap>('configmaps', 'kube-system')
    .find((map) => map.metadata.name.startsWith('kubelet-config'));
  const block = /^clusterDNS:\s*\n((?:\s*-\s*\S+\n?)+)/m.exec(config?.data?.['kubelet'] ?? '')?.[1] ?? '';
  return [...block.matchAll(/-\s*["']?([^\s"']+)/g)].map((match) => match[1] ?? '');
}

function corefileOf(configMaps: readonly ConfigMap[], workloads: readonly Workload[]): ClusterDns['corefile'] {
  const mounted = new Set(
    workloads
      .flatMap((workload) => (workload.spec.template?.spec.volumes ?? []).map((volume) => volume.configMap?.name))
      .filter(Boolean),
  );
  const holding = configMaps.filter((map) => map.data?.['Corefile'] !== undefined);
  const configMap =
    holding.find((map) => mounted.has(map.metadata.name)) ??
    holding.find((map) => map.metadata.name === 'coredns') ??
    holding.find((map) => dnsNames.test(map.metadata.name));
  const text = configMap?.data?.['Corefile'];
  return configMap && text !== undefined ? { text, configMap } : undefined;
}
