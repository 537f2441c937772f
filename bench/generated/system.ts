import type { KubeObject } from '../../src/k8s/objects.ts';
import { nodeAddress } from './addresses.ts';
import { uidOf } from './identity.ts';
import { startedAt } from './shape.ts';

const metaOf = (kind: string, name: string, namespace?: string) => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
  uid: uidOf(kind, namespace ?? '', name),
  creationTimestamp: startedAt,
});

export function namespaceOf(name: string): KubeObject {
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { ...metaOf('Namespace', name), labels: { 'kubernetes.io/metadata.name': name } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
  return namespace;
}

export function nodeOf(number: number): KubeObject {
  const { node, hostIP } = nodeAddress(number);
  const room = { cpu: '32', memory: '131072Mi', pods: '250', 'ephemeral-storage': '400Gi' };
  const condition = (type: string, status: string, reason: string) => ({
    type,
    status,
    reason,
    lastHeartbeatTime: startedAt,
    lastTransitionTime: startedAt,
    message: `kubelet says ${reason}`,
  });
  const podCIDR = `10.${128 + (number >> 8)}.${number & 255}.0/24`;
  const whole = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      ...metaOf('Node', node),
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': node,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/zone': `zone-${'abc'[number % 3]}`,
      },
    },
    spec: { podCIDR, podCIDRs: [podCIDR] },
    status: {
      addresses: [
        { type: 'InternalIP', address: hostIP },
        { type: 'Hostname', address: node },
      ],
      capacity: room,
      allocatable: room,
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
        condition('Ready', 'True', 'KubeletReady'),
      ],
      nodeInfo: {
        architecture: 'amd64',
        bootID: uidOf('boot', node),
        containerRuntimeVersion: 'containerd://2.1.4',
        kernelVersion: '6.12.43',
        kubeProxyVersion: '',
        kubeletVersion: 'v1.36.3',
        machineID: uidOf('machine', node),
        operatingSystem: 'linux',
        osImage: 'Debian GNU/Linux 13 (trixie)',
        systemUUID: uidOf('system', node),
      },
    },
  };
  return whole;
}

/** What a namespace's own Pods and the DNS need, and nothing more: the policy that teams copy from each other. */
export function policyOf(namespace: string): KubeObject {
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { ...metaOf('NetworkPolicy', 'own-namespace', namespace), generation: 1 },
    spec: {
      podSelector: {},
      ingress: [{ from: [{ namespaceSelector: {} }] }],
      policyTypes: ['Ingress'],
    },
  };
  return policy;
}
