import { isInCidr, rangesHolding } from '../../k8s/addresses.ts';
import { endpointsIn } from '../../k8s/endpoints.ts';
import type { ConfigMap, KubeObject, Node, Pod, Service } from '../../k8s/objects.ts';
import { oncePer, oncePerPair } from '../../k8s/once-per.ts';
import { podIPsOf } from '../../k8s/pods.ts';
import { servicesAt } from '../../k8s/services.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem, type Evidence } from '../define.ts';

interface Conflict {
  readonly says: string;
  readonly evidence: readonly Evidence[];
  readonly fix: string;
}

export default defineCheck({
  id: 'dataplane/address-conflict',
  title: 'Two things in the cluster have the same address',
  why: 'Pods, Services and nodes must live in ranges that do not overlap. Where a Pod range covers the nodes’ network, or two nodes or two Pods share one, packets go to the wrong place, from some nodes and not from others.',
  impact: 'degrades',
  explains: ['dataplane/packets-dropped', 'dataplane/overlay-between-nodes'],
  needs: ['service', 'slices', 'pods'],
  uses: ['nodes', 'servicesEverywhere', 'networkAgents', 'kubeProxy', 'client'],
  evaluate({ service, slices, pods, nodes = [], servicesEverywhere = [], networkAgents, kubeProxy, client }) {
    const addresses = new Set(endpointsIn(slices).flatMap(({ endpoint }) => endpoint.addresses));
    const found: readonly Conflict[] = [
      ...podTwins([pods, networkAgents?.pods ?? [], client?.pods ?? []], addresses),
      ...nodeRanges(nodes),
      ...servicesAt(servicesEverywhere, service.spec.clusterIP ?? '')
        .filter(
          (other) =>
            other.metadata.uid !== service.metadata.uid &&
            other.metadata.name + other.metadata.namespace !== service.metadata.name + service.metadata.namespace,
        )
        .filter(
          ({ spec }) =>
            spec.clusterIP !== undefined &&
            spec.clusterIP !== 'None' &&
            spec.clusterIP !== '' &&
            spec.clusterIP === service.spec.clusterIP,
        )
        .map((other): Conflict => ({
          says: `${other.metadata.namespace}/${other.metadata.name} and ${service.metadata.namespace}/${service.metadata.name} both have the ClusterIP ${other.spec.clusterIP}`,
          evidence: [
            evidence(service, 'spec.clusterIP', service.spec.clusterIP),
            evidence(other, 'spec.clusterIP', other.spec.clusterIP),
          ],
          fix: 'Make one of the two Services anew, so that it gets an address of its own.',
        })),
      ...inPodRanges(service, podRangesOf(nodes, kubeProxy?.configMaps ?? [])),
    ];
    const [first] = found;
    if (!first) return passed('no address stands for two things');
    return problem({
      certainty: 'certain',
      summary: `Addresses collide: ${first.says}`,
      evidence: allOf(found.flatMap((conflict) => conflict.evidence).slice(0, 8)),
      confirm: [confirm(kubectl('get', 'pods,services,nodes', '-A', '-o', 'wide'), first.says)],
      fix: { explain: first.fix },
    });
  },
});

/** Two running Pods with one address, one of them behind the Service. */
function podTwins(lists: readonly (readonly Pod[])[], addresses: ReadonlySet<string>): readonly Conflict[] {
  const shared = [...addresses].map((ip) => ({
    ip,
    distinct: [...new Set(lists.flatMap((pods) => holdersOf(pods).get(ip) ?? []))],
  }));
  return shared.flatMap(({ ip, distinct }): readonly Conflict[] => {
    const [one, two] = distinct;
    if (!one || !two) return [];
    return [
      {
        says: `${one.metadata.name} on ${one.spec.nodeName} and ${two.metadata.name} on ${two.spec.nodeName} both have ${ip}`,
        evidence: distinct.slice(0, 4).map((pod) => evidence(pod, 'status.podIP', `${ip} on ${pod.spec.nodeName}`)),
        fix: 'Make one of the Pods anew, and look at the address management of the network plugin: two nodes hand out the same range, or its state was lost.',
      },
    ];
  });
}

const holdersOf = oncePer((pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> => {
  const index = new Map<string, Pod[]>();
  for (const pod of pods) {
    if (pod.spec.hostNetwork || pod.status?.phase !== 'Running') continue;
    for (const ip of podIPsOf(pod)) index.set(ip, [...(index.get(ip) ?? []), pod]);
  }
  return index;
});

interface PodRanges {
  readonly ranges: readonly PodRange[];
  readonly holding: (address: string) => readonly PodRange[];
  /** The first address of a node that lies in a Pod range, where one does. */
  readonly covered: ReadonlyMap<PodRange, { readonly node: Node; readonly address: string }>;
}

interface PodRange {
  readonly cidr: string;
  readonly object: KubeObject;
  readonly path: string;
}

/** The same nodes have the same ranges for every Service. */
const podRangesOf = oncePerPair((nodes: readonly Node[], configMaps: readonly ConfigMap[]): PodRanges => {
  const ranges = rangesOf(nodes, configMaps);
  const holding = rangesHolding(ranges);
  const covered = new Map<PodRange, { readonly node: Node; readonly address: string }>();
  for (const node of nodes)
    for (const address of addressesOf(node))
      for (const range of holding(address)) if (!covered.has(range)) covered.set(range, { node, address });
  return { ranges, holding, covered };
});

/** Pod ranges that hold what is no Pod's: a ClusterIP of this Service, the address of a node. */
function inPodRanges(service: Service, { ranges, holding, covered }: PodRanges): readonly Conflict[] {
  const addresses = service.spec.clusterIPs ?? [service.spec.clusterIP ?? ''];
  const concerned = new Set([...addresses.flatMap(holding), ...covered.keys()]);
  if (concerned.size === 0) return [];
  return ranges
    .filter((range) => concerned.has(range))
    .flatMap((range): readonly Conflict[] => {
      const { cidr, object, path } = range;
      const node = covered.get(range);
      return [
        ...addresses
          .filter((ip) => isInCidr(ip, cidr))
          .map((ip) => ({
            says: `the ClusterIP ${ip} lies inside the Pod range ${cidr}`,
            evidence: [evidence(service, 'spec.clusterIP', ip), evidence(object, path, cidr)],
            fix: 'Give Pods and Services ranges that do not overlap (--cluster-cidr and --service-cluster-ip-range).',
          })),
        ...(node
          ? [
              {
                says: `the Pod range ${cidr} covers the address ${node.address} of node ${node.node.metadata.name}`,
                evidence: [evidence(node.node, 'status.addresses', node.address), evidence(object, path, cidr)],
                fix: 'Give the Pods a range that the nodes’ network does not use (Calico’s default 192.168.0.0/16 often collides).',
              },
            ]
          : []),
      ];
    });
}

/** Nodes with the same Pod range, each with the next that shares it. */
const nodeRanges = oncePer((nodes: readonly Node[]): readonly Conflict[] => {
  const ranges = nodes.flatMap((node) => podCidrsOf(node).map((cidr) => ({ node, cidr })));
  const holding = rangesHolding(ranges);
  const place = new Map(ranges.map((range, index) => [range, index]));
  const twins = new Map<number, number>();
  for (const [index, range] of ranges.entries()) {
    for (const other of holding(range.cidr.split('/')[0] ?? '')) {
      if (other.node === range.node) continue;
      const pair = [index, place.get(other) ?? 0].toSorted((a, b) => a - b);
      const [first = 0, second = 0] = pair;
      twins.set(first, Math.min(second, twins.get(first) ?? second));
    }
  }
  return ranges.flatMap(({ node, cidr }, index): readonly Conflict[] => {
    const twin = ranges[twins.get(index) ?? -1];
    return twin
      ? [
          {
            says: `${node.metadata.name} and ${twin.node.metadata.name} share the Pod range ${cidr}`,
            evidence: [evidence(node, 'spec.podCIDR', cidr), evidence(twin.node, 'spec.podCIDR', twin.cidr)],
            fix: 'Give each node a Pod range of its own: drain one of the two, delete its Node and let it register again.',
          },
        ]
      : [];
  });
});

const podCidrsOf = ({ spec }: Node): readonly string[] => spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []);

const addressesOf = ({ status }: Node): readonly string[] =>
  (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);

/** Every Pod range that an object states: of each node, and of the whole cluster where kube-proxy is told. */
function rangesOf(nodes: readonly Node[], configMaps: readonly ConfigMap[]): readonly PodRange[] {
  const configured = configMaps.flatMap((map) =>
    (/^\s*clusterCIDR:\s*["']?([\d./:a-fA-F,]+)/m.exec(map.data?.['config.conf'] ?? '')?.[1] ?? '')
      .split(',')
      .filter((cidr) => cidr.includes('/'))
      .map((cidr) => ({ cidr, object: map, path: 'data.config.conf clusterCIDR' })),
  );
  return [
    ...configured,
    ...nodes.flatMap((node) => podCidrsOf(node).map((cidr) => ({ cidr, object: node, path: 'spec.podCIDR' }))),
  ];
}
