import type {
  Labels,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  Pod,
  Protocol,
  ServicePort,
  Workload,
} from './objects.ts';
import { selectsForPolicy, type Direction, type RuleMiss } from './network-policy.ts';
import { isNamedPort, targetPortOf } from './ports.ts';
import { podIPsOf } from './pods.ts';
import { demandedLabelsOf } from './workloads.ts';

export interface JsonPatchOperation {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly value: unknown;
}

const revisionLabels =
  /pod-template-hash|controller-revision-hash|statefulset\.kubernetes\.io|apps\.kubernetes\.io\/pod-index/;

/** Labels that tell these Pods from others and stay the same across rollouts: what their owner demands, else what they carry. */
export function lastingLabelsOf(pod: Pod, owner: Workload | Pod | undefined): Labels {
  const demanded = owner && owner.kind !== 'Pod' ? demandedLabelsOf(owner) : {};
  const carried = Object.entries(pod.metadata.labels ?? {}).filter(([key]) => !revisionLabels.test(key));
  const lasting = carried.filter(([key]) => Object.hasOwn(demanded, key));
  return Object.fromEntries(lasting.length > 0 ? lasting : carried);
}

/** The peer that admits exactly such Pods in a policy of `home`; for hostNetwork, the address of their node. */
export function peerFor(pod: Pod, labels: Labels, home: string | undefined): NetworkPolicyPeer {
  const [address] = podIPsOf(pod);
  if (pod.spec.hostNetwork && address !== undefined)
    return { ipBlock: { cidr: `${address}/${address.includes(':') ? 128 : 32}` } };
  const { namespace = '' } = pod.metadata;
  return {
    ...(namespace === home ? {} : { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }),
    podSelector: { matchLabels: labels },
  };
}

/** A Pod port as a rule would name it: by the name that the Service uses, else by its number. */
export const policyPortFor = (servicePort: ServicePort, port: number, protocol: Protocol): NetworkPolicyPort => {
  const target = targetPortOf(servicePort);
  return { protocol, port: isNamedPort(target) ? target : port };
};

/**
 * The smallest change to the nearest rule that admits a connection: the right port in the place of the wrong one, or one more peer.
 * Undefined where two things differ, or where the rule belongs to a policy of everything: there a policy of its own is better.
 */
export function changeThatAdmits(
  miss: RuleMiss,
  peer: NetworkPolicyPeer,
  ports: readonly NetworkPolicyPort[],
  servicePort: ServicePort,
): readonly JsonPatchOperation[] | undefined {
  if (miss.forDns) return undefined;
  const list = miss.direction === 'Ingress' ? 'ingress' : 'egress';
  const path = `/spec/${list}/${miss.rule}`;
  if (miss.peer.length > 0 && !miss.port)
    return [{ op: 'add', path: `${path}/${miss.direction === 'Ingress' ? 'from' : 'to'}/-`, value: peer }];
  const [port] = ports;
  if (!miss.port || miss.peer.length > 0 || !port || miss.portIndex === undefined) return undefined;
  const stale =
    miss.port.kind === 'name' || (miss.port.kind === 'number' && miss.port.wants === String(servicePort.port));
  return stale && ports.length === 1
    ? [{ op: 'replace', path: `${path}/ports/${miss.portIndex}/port`, value: port.port }]
    : ports.map((value) => ({ op: 'add', path: `${path}/ports/-`, value }));
}

/** A new policy that lets through one kind of peer on some ports, for the Pods that `labels` select. */
export const policyThatAdmits = (
  direction: Direction,
  name: string,
  namespace: string,
  labels: Labels,
  rules: readonly { readonly peers: readonly NetworkPolicyPeer[]; readonly ports: readonly NetworkPolicyPort[] }[],
): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace },
  spec: {
    podSelector: { matchLabels: labels },
    policyTypes: [direction],
    ...(direction === 'Ingress'
      ? { ingress: rules.map(({ peers, ports }) => ({ from: peers, ports })) }
      : { egress: rules.map(({ peers, ports }) => ({ to: peers, ports })) }),
  },
});

/** Policies that govern no Pod of their namespace: a podSelector with a mistake in it, or the wrong namespace. */
export const strandedPolicies = (policies: readonly NetworkPolicy[], pods: readonly Pod[]): readonly NetworkPolicy[] =>
  policies.filter(
    (policy) =>
      !pods.some((pod) =>
        selectsForPolicy(policy, { namespace: pod.metadata.namespace ?? '', labels: pod.metadata.labels ?? {} }),
      ),
  );
