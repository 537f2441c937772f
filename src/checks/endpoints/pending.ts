import { formatLabels, ownValue } from '../../k8s/labels.ts';
import type { Labels, Node, Pod } from '../../k8s/objects.ts';
import { unboundClaimsOf, type UnboundClaim } from '../../k8s/volume-claims.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, problem, type Evidence } from '../define.ts';
import { brief, podsIn, says } from './pods-in-trouble.ts';

/** What each complaint of the scheduler asks for; the first that matches speaks. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /scheduling ?gate/i,
    'Whoever set the scheduling gate has to remove it: find out why the controller that spec.schedulingGates names does not, or take the gate out of the Pod template.',
  ],
  [
    /persistentvolumeclaim ".*" not found/i,
    'Create the PersistentVolumeClaim, or correct its name in the Pod’s volumes.',
  ],
  [
    /unbound (immediate )?PersistentVolumeClaims?/i,
    'Make the PersistentVolumeClaim bind: a StorageClass that exists (and a default one), or a PersistentVolume that fits.',
  ],
  [
    /ReadWriteOncePod/,
    'Another Pod holds the claim, which admits one at a time (ReadWriteOncePod): let that Pod go first (strategy Recreate), or give each Pod a claim of its own.',
  ],
  [
    /volume node affinity conflict/i,
    'The volume lives in another zone than the free nodes: add a node there, or move the data.',
  ],
  [
    /free ports? for the requested pod ports/i,
    'Another Pod holds the hostPort on every node that fits: drop hostPort (or hostNetwork), or run no more replicas than nodes.',
  ],
  [
    /insufficient|too many pods/i,
    'Lower the requests of the Pod, or add room: a larger node, one more node, fewer other Pods.',
  ],
  [
    /node\(s\) didn't match Pod's node affinity\/selector|node\(s\) didn't match node selector|node affinity/i,
    'Correct nodeSelector or nodeAffinity, or label a node with what it asks for.',
  ],
  [
    /taint \{node\.kubernetes\.io\/(disk|memory|pid)-pressure/i,
    'Free what runs short on the nodes (disk: old images, logs, emptyDir volumes): kubelet sets this taint and takes it away by itself. A toleration would only let the Pod be evicted again.',
  ],
  [
    /taint \{node\.kubernetes\.io\/(not-ready|unreachable|network-unavailable)/i,
    'Bring the nodes back (kubelet, container runtime, network plugin): Kubernetes sets this taint on a node that is not ready, and takes it away by itself.',
  ],
  [/taint \{node\.kubernetes\.io\/unschedulable/i, 'Uncordon a node: kubectl uncordon.'],
  [
    /taint \{node\.cloudprovider\.kubernetes\.io\/uninitialized/i,
    'Look at the cloud controller manager: it takes this taint away once it has initialized the node.',
  ],
  [
    /untolerated taint|had taints?/i,
    'Add a toleration for the taint to the Pod template, or remove the taint from the node.',
  ],
  [/anti-affinity/i, 'Loosen podAntiAffinity (preferred instead of required), or add a node for each replica.'],
  [
    /topology spread/i,
    'Loosen topologySpreadConstraints (whenUnsatisfiable: ScheduleAnyway), or add nodes in the missing domain.',
  ],
  [/unschedulable/i, 'Uncordon a node: kubectl uncordon.'],
  [/no nodes available/i, 'Add a node: the cluster has none that takes Pods.'],
];

export default defineCheck({
  id: 'endpoints/pending',
  title: 'No node takes the Pods',
  why: 'A Pod runs where the scheduler puts it. As long as no node fulfils all it asks for (room, labels, tolerations, volumes, ports), it stays Pending without an address, and the scheduler says why in the condition PodScheduled.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'events', 'nodes', 'pendingClaims', 'slices'],
  evaluate(facts) {
    const found = podsIn(['unschedulable'], facts, 'every Pod has a node');
    if (found.outcome !== 'in trouble') return found;
    const { troubled, impact, subject, slashed, namespace } = found;
    const [{ pod, trouble }] = troubled;
    const scheduler = pod.spec.schedulerName ?? 'default-scheduler';
    const gates = (pod.spec.schedulingGates ?? []).map(({ name }) => name).join(', ');
    const gated = trouble.reason === 'SchedulingGated' && gates !== '';
    const said = trouble.message.replace(/ ?preemption: .*$/s, '');
    const unanswered = `no scheduler has looked at it: its schedulerName is ${scheduler}`;
    const remedy =
      remedies.find(([pattern]) => pattern.test(said || trouble.reason))?.[1] ??
      (said
        ? 'Give the Pod what the scheduler asks for.'
        : `Run a scheduler called ${scheduler}, or remove spec.schedulerName.`);
    const [unbound, ...more] = /PersistentVolumeClaim|volume/i.test(said)
      ? unboundClaimsOf(pod, facts.pendingClaims ?? [], facts.events ?? [])
      : [];
    return problem({
      certainty: 'certain',
      impact,
      summary: `${subject} stay${found.troubled.length === 1 ? 's' : ''} Pending: ${unbound ? `PersistentVolumeClaim ${claimWords(unbound)}` : gated ? `nobody has lifted the scheduling gate ${gates}` : brief(said || unanswered, 160)}`,
      evidence: allOf([
        ...says(troubled, () => 'status.conditions[PodScheduled]'),
        ...(unbound ? [unbound, ...more].slice(0, 2).flatMap(claimEvidence) : []),
        ...(gated ? [evidence(pod, 'spec.schedulingGates', gates)] : []),
        ...(said ? wishesOf(pod, said, facts.nodes ?? []) : [evidence(pod, 'spec.schedulerName', scheduler)]),
      ]),
      confirm: [
        confirm(
          kubectl('describe', 'pod', pod.metadata.name, '-n', namespace),
          gated
            ? `Status: Pending, and Scheduling Gates: ${gates}`
            : `Status: Pending, and an event FailedScheduling: ${brief(said || 'none', 100)}`,
        ),
        ...(unbound
          ? [
              confirm(
                kubectl('describe', 'pvc', unbound.claim.metadata.name, '-n', namespace),
                `Status: ${unbound.claim.status?.phase ?? 'Pending'}${unbound.reason ? `, and an event ${unbound.reason}` : ''}`,
              ),
            ]
          : []),
      ],
      fix: { explain: `${unbound ? claimRemedy(unbound, namespace) : remedy} The Pods are made by ${slashed}.` },
    });
  },
});

const classWords = ({ className }: UnboundClaim): string =>
  className ? `StorageClass ${className}` : 'the default StorageClass';

/** `data-mysql-0 is unbound: storageclass.storage.k8s.io "fast-ssd" not found`. */
const claimWords = (unbound: UnboundClaim): string =>
  `${unbound.claim.metadata.name} (${classWords(unbound)}) is unbound${unbound.message ? `: ${brief(unbound.message, 110)}` : ''}`;

const claimEvidence = ({ claim, className, reason, message }: UnboundClaim): readonly Evidence[] => [
  evidence(claim, 'status.phase', claim.status?.phase ?? 'Pending'),
  evidence(claim, 'spec.storageClassName', className ?? 'absent: the default StorageClass'),
  ...(message ? [evidence(claim, `events[${reason}]`, brief(message, 300))] : []),
];

function claimRemedy(unbound: UnboundClaim, namespace: string): string {
  const { name } = unbound.claim.metadata;
  switch (unbound.kind) {
    case 'no such class':
      return `Create StorageClass ${unbound.className ?? ''}, or name one that exists: the class of a claim cannot be changed, so delete ${name} in ${namespace} and make it anew, with the class corrected in its template.`;
    case 'no class at all':
      return `Mark a StorageClass as the default (annotation storageclass.kubernetes.io/is-default-class=true), or make ${name} anew with a storageClassName; or create a PersistentVolume that fits.`;
    case 'provisioner silent':
      return `Look at the CSI driver that ${classWords(unbound)} names as its provisioner: it is to make the volume of ${name}, and does not.`;
    case 'provisioning failed':
      return `Mend what the provisioner says about ${name}, which asks for ${classWords(unbound)}.`;
    case 'unsaid':
      return `Make ${name} bind: see that ${classWords(unbound)} exists (kubectl get storageclass) and its provisioner runs, or that a PersistentVolume fits.`;
  }
}

/** What the Pod asks for, beside what the nodes offer, as far as the scheduler complains of it. */
function wishesOf(pod: Pod, said: string, nodes: readonly Node[]): readonly Evidence[] {
  const wishes: Evidence[] = [];
  const { nodeSelector } = pod.spec;
  if (nodeSelector && /affinity\/selector|node selector/.test(said)) {
    wishes.push(evidence(pod, 'spec.nodeSelector', formatLabels(nodeSelector)));
    for (const node of nodes.slice(0, 3)) wishes.push(evidence(node, 'metadata.labels', offered(node, nodeSelector)));
  }
  if (/[Ii]nsufficient/.test(said)) {
    for (const { name, resources } of pod.spec.containers)
      if (resources?.requests)
        wishes.push(evidence(pod, `spec.containers[${name}].resources.requests`, formatLabels(resources.requests)));
  }
  if (/taint/.test(said)) {
    for (const node of nodes)
      for (const { key, value, effect } of node.spec?.taints ?? [])
        wishes.push(evidence(node, 'spec.taints', `${key}${value ? `=${value}` : ''}:${effect}`));
  }
  if (/PersistentVolumeClaim|volume/i.test(said)) {
    for (const { name, persistentVolumeClaim } of pod.spec.volumes ?? [])
      if (persistentVolumeClaim)
        wishes.push(
          evidence(pod, `spec.volumes[${name}].persistentVolumeClaim.claimName`, persistentVolumeClaim.claimName),
        );
  }
  if (/free ports/.test(said)) {
    for (const { name, ports } of pod.spec.containers)
      for (const { hostPort, containerPort } of ports ?? [])
        if (hostPort || pod.spec.hostNetwork)
          wishes.push(evidence(pod, `spec.containers[${name}].ports.hostPort`, `${hostPort ?? containerPort}`));
  }
  return wishes.slice(0, 8);
}

const offered = (node: Node, wanted: Labels): string =>
  Object.keys(wanted)
    .map((key) => `${key}=${ownValue(node.metadata.labels, key) ?? '(absent)'}`)
    .join(',');
