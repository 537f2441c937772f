import { cidrsOverlap, isInCidr } from '../../k8s/addresses.ts';
import { endpointsIn } from '../../k8s/endpoints.ts';
import type { ConfigMap, KubeObject, Node, Pod } from '../../k8s/objects.ts';
import { isFinished, podIPsOf } from '../../k8s/pods.ts';
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
    const known = [...new Set([...pods, ...(networkAgents?.pods ?? []), ...(client?.pods ?? [])])].filter(
      (pod) => !pod.spec.hostNetwork && !isFinished(pod),
    );
    const addresses = new Set(endpointsIn(slices).flatMap(({ endpoint }) => endpoint.addresses));
    const found: readonly Conflict[] = [
      ...podTwins(known, addresses),
      ...nodeRanges(nodes),
      ...servicesEverywhere
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
      ...rangesOf(nodes, kubeProxy?.configMaps ?? []).flatMap(({ cidr, object, path }): readonly Conflict[] => [
        ...(service.spec.clusterIPs ?? [service.spec.clusterIP ?? ''])
          .filter((ip) => isInCidr(ip, cidr))
          .map((ip) => ({
            says: `the ClusterIP ${ip} lies inside the Pod range ${cidr}`,
            evidence: [evidence(service, 'spec.clusterIP', ip), evidence(object, path, cidr)],
            fix: 'Give Pods and Services ranges that do not overlap (--cluster-cidr and --service-cluster-ip-range).',
          })),
        ...nodes
          .flatMap((node) => addressesOf(node).map((address) => ({ node, address })))
          .filter(({ address }) => isInCidr(address, cidr))
          .slice(0, 1)
          .map(({ node, address }) => ({
            says: `the Pod range ${cidr} covers the address ${address} of node ${node.metadata.name}`,
            evidence: [evidence(node, 'status.addresses', address), evidence(object, path, cidr)],
            fix: 'Give the Pods a range that the nodes’ network does not use (Calico’s default 192.168.0.0/16 often collides).',
          })),
      ]),
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
function podTwins(pods: readonly Pod[], addresses: ReadonlySet<string>): readonly Conflict[] {
  const byAddress = Map.groupBy(
    pods.filter((pod) => pod.status?.phase === 'Running').flatMap((pod) => podIPsOf(pod).map((ip) => ({ pod, ip }))),
    ({ ip }) => ip,
  );
  return [...byAddress].flatMap(([ip, holders]): readonly Conflict[] => {
    const distinct = [...new Set(holders.map(({ pod }) => pod))];
    const [one, two] = distinct;
    if (!one || !two || !addresses.has(ip)) return [];
    return [
      {
        says: `${one.metadata.name} on ${one.spec.nodeName} and ${two.metadata.name} on ${two.spec.nodeName} both have ${ip}`,
        evidence: distinct.slice(0, 4).map((pod) => evidence(pod, 'status.podIP', `${ip} on ${pod.spec.nodeName}`)),
        fix: 'Make one of the Pods anew, and look at the address management of the network plugin: two nodes hand out the same range, or its state was lost.',
      },
    ];
  });
}

function nodeRanges(nodes: readonly Node[]): readonly Conflict[] {
  const ranges = nodes.flatMap((node) => podCidrsOf(node).map((cidr) => ({ node, cidr })));
  return ranges.flatMap(({ node, cidr }, index): readonly Conflict[] => {
    const twin = ranges.slice(index + 1).find((other) => other.node !== node && cidrsOverlap(other.cidr, cidr));
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
}

const podCidrsOf = ({ spec }: Node): readonly string[] => spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []);

const addressesOf = ({ status }: Node): readonly string[] =>
  (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);

/** Every Pod range that an object states: of each node, and of the whole cluster where kube-proxy is told. */
function rangesOf(
  nodes: readonly Node[],
  configMaps: readonly ConfigMap[],
): readonly { readonly cidr: string; readonly object: KubeObject; readonly path: string }[] {
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
