import type { ConfigMap, Pod, Workload } from './objects.ts';
import { oncePerPair } from './once-per.ts';

/** What carries Pod traffic from node to node. */
export interface NetworkPlugin {
  readonly name: string;
  /** What must pass between nodes: `UDP 8472 (VXLAN)`. */
  readonly carries: string;
  readonly object: Workload | ConfigMap | undefined;
}

const unknownPlugin: NetworkPlugin = {
  name: 'the network plugin',
  carries:
    'UDP 8472 (VXLAN of flannel and Cilium), UDP 4789 (VXLAN of Calico), IP protocol 4 (IPIP of Calico), UDP 6081 (Geneve) or UDP 51820 (WireGuard)',
  object: undefined,
};

const byName: readonly (readonly [RegExp, string, string])[] = [
  [/flannel/, 'flannel', 'UDP 8472 (VXLAN)'],
  [/calico-node/, 'Calico', 'UDP 4789 (VXLAN), or IP protocol 4 (IPIP) and TCP 179 (BGP)'],
  [/^cilium(-agent)?$/, 'Cilium', 'UDP 8472 (VXLAN) or UDP 6081 (Geneve)'],
  [/weave/, 'Weave', 'TCP and UDP 6783, UDP 6784'],
  [/canal/, 'Canal', 'UDP 8472 (VXLAN)'],
  [/antrea/, 'Antrea', 'UDP 6081 (Geneve)'],
  [/kube-router/, 'kube-router', 'IP protocol 4 (IPIP) and TCP 179 (BGP)'],
  [/kube-ovn/, 'Kube-OVN', 'UDP 6081 (Geneve)'],
  [/^aws-node$/, 'the AWS VPC CNI', 'all traffic between the Pods’ addresses (security groups)'],
  [/^kindnet$/, 'kindnet', 'routed traffic between the nodes'],
  [/azure-cni|azure-npm/, 'the Azure CNI', 'routed traffic between the Pods’ addresses'],
];

const flannelPorts: Readonly<Record<string, string>> = {
  vxlan: 'UDP 8472 (VXLAN)',
  udp: 'UDP 8285 (udp backend)',
  wireguard: 'UDP 51820 (WireGuard)',
  'host-gw': 'routed traffic: host-gw needs all nodes in one layer-2 network',
  ipip: 'IP protocol 4 (IPIP)',
};

/** The network plugin, told by its DaemonSet, and what it needs the network to let through. */
export function networkPluginOf(daemonSets: readonly Workload[], configMaps: readonly ConfigMap[] = []): NetworkPlugin {
  for (const set of daemonSets) {
    const known = byName.find(([pattern]) => pattern.test(set.metadata.name));
    if (!known) continue;
    const [, name, carries] = known;
    const flannel = configMaps.find(({ data }) => data?.['net-conf.json'] !== undefined);
    const backend = /"Type"\s*:\s*"([\w-]+)"/i.exec(flannel?.data?.['net-conf.json'] ?? '')?.[1]?.toLowerCase();
    const port = /"Port"\s*:\s*(\d+)/.exec(flannel?.data?.['net-conf.json'] ?? '')?.[1];
    if (name === 'flannel' && backend && flannelPorts[backend])
      return {
        name,
        carries: port && backend === 'vxlan' ? `UDP ${port} (VXLAN)` : flannelPorts[backend],
        object: flannel,
      };
    return { name, carries, object: set };
  }
  return unknownPlugin;
}

export const isNetworkAgent = (name: string): boolean => byName.some(([pattern]) => pattern.test(name));

/** The agent Pods of network plugins: one for each node, as their DaemonSets make them. */
export const networkAgentPodsOf: (set: Workload, pods: readonly Pod[]) => readonly Pod[] = oncePerPair(
  (set: Workload, pods: readonly Pod[]) =>
    pods.filter(
      (pod) =>
        pod.metadata.namespace === set.metadata.namespace &&
        (pod.metadata.ownerReferences ?? []).some(
          ({ kind, name }) => kind === 'DaemonSet' && name === set.metadata.name,
        ),
    ),
);

/** Nodes that no ordinary DaemonSet reaches: virtual kubelets and Fargate. */
export const isVirtualNode = (labels: Readonly<Record<string, string>> | undefined): boolean =>
  labels?.['type'] === 'virtual-kubelet' || labels?.['eks.amazonaws.com/compute-type'] === 'fargate';
