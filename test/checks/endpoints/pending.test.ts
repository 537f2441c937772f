import check from '../../../src/checks/endpoints/pending.ts';
import type { PersistentVolumeClaim } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event, podOf, unscheduled, withPods } from '../../kit/pod-states.ts';

const api = workload({ name: 'api', container: { resources: { requests: { cpu: '4', memory: '1Gi' } } } });
const svc = service({ name: 'api' });
const target = 'demo/api';
const saying = (message: string, reason?: string) =>
  cluster([...withPods(api, (pod) => unscheduled(pod, message, reason)), svc]);
const onSsd = workload({ name: 'api', spec: { nodeSelector: { disktype: 'ssd' } } });

const mounting = workload({
  name: 'api',
  spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-api-0' } }] },
});
const claiming = (reason: string, message: string, storageClassName: string | null = 'fast-ssd') => {
  const claim: PersistentVolumeClaim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data-api-0', namespace: 'demo' },
    spec: { accessModes: ['ReadWriteOnce'], ...(storageClassName ? { storageClassName } : {}) },
    status: { phase: 'Pending' },
  };
  return cluster([
    ...withPods(mounting, (pod) =>
      unscheduled(pod, '0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.'),
    ),
    svc,
    claim,
    ...(message ? [event(claim, reason, message)] : []),
  ]);
};

examples(check, {
  'no room': {
    target,
    given: saying(
      '0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No preemption victims found.',
    ),
    says: {
      summary: ['stays Pending', '2 Insufficient cpu'],
      certainty: 'certain',
      evidence: ['Unschedulable: 0/2 nodes', 'cpu=4'],
    },
  },
  'a nodeSelector that no node has': {
    target,
    given: cluster([
      ...withPods(onSsd, (pod) =>
        unscheduled(pod, "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."),
      ),
      svc,
    ]),
    says: {
      summary: ['affinity/selector'],
      certainty: 'certain',
      evidence: ['spec.nodeSelector: disktype=ssd', 'node/node-a metadata.labels: disktype=(absent)'],
    },
  },
  'a taint': {
    target,
    given: change(saying('0/2 nodes are available: 2 node(s) had untolerated taint {dedicated: gpu}.'), (draft) => {
      for (const object of draft.objects as { kind: string; spec?: { taints?: unknown } }[])
        if (object.kind === 'Node')
          object.spec = { taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }] };
    }),
    says: { summary: ['untolerated taint'], certainty: 'certain', evidence: ['dedicated=gpu:NoSchedule'] },
  },
  'a volume claim that does not bind': {
    target,
    given: saying('0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.'),
    says: { summary: ['unbound immediate PersistentVolumeClaims'], certainty: 'certain' },
  },
  'a claim of a StorageClass that does not exist': {
    target,
    given: claiming('ProvisioningFailed', 'storageclass.storage.k8s.io "fast-ssd" not found'),
    says: {
      summary: ['PersistentVolumeClaim data-api-0', 'StorageClass fast-ssd', '"fast-ssd" not found'],
      certainty: 'certain',
      evidence: [
        'persistentvolumeclaim/data-api-0 status.phase: Pending',
        'spec.storageClassName: fast-ssd',
        'events[ProvisioningFailed]',
      ],
    },
  },
  'a claim without a class, and no default': {
    target,
    given: claiming(
      'FailedBinding',
      'no persistent volumes available for this claim and no storage class is set',
      null,
    ),
    says: {
      summary: ['data-api-0 (the default StorageClass) is unbound', 'no storage class is set'],
      certainty: 'certain',
    },
  },
  'a provisioner that does not answer': {
    target,
    given: claiming(
      'ExternalProvisioning',
      "Waiting for a volume to be created either by the external provisioner 'ebs.csi.aws.com' or manually by the system administrator.",
      'gp3',
    ),
    says: { summary: ['data-api-0 (StorageClass gp3)', 'ebs.csi.aws.com'], certainty: 'certain' },
  },
  'a claim that nobody speaks of': {
    target,
    given: claiming('', ''),
    says: { summary: ['data-api-0 (StorageClass fast-ssd) is unbound'], certainty: 'certain' },
  },
  'a host port that is taken': {
    target,
    given: cluster([
      ...withPods(workload({ name: 'api', container: { ports: [{ containerPort: 8080, hostPort: 8080 }] } }), (pod) =>
        unscheduled(pod, "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports."),
      ),
      svc,
    ]),
    says: { summary: ['free ports'], certainty: 'certain', evidence: ['hostPort: 8080'] },
  },
  'a scheduling gate': {
    target,
    given: cluster([
      ...withPods(api, (pod) =>
        change(
          unscheduled(pod, 'Scheduling is blocked due to non-empty scheduling gates', 'SchedulingGated'),
          (draft) => void (draft.spec.schedulingGates = [{ name: 'kueue.x-k8s.io/admission' }]),
        ),
      ),
      svc,
    ]),
    says: {
      summary: ['nobody has lifted the scheduling gate kueue.x-k8s.io/admission'],
      certainty: 'certain',
      evidence: ['spec.schedulingGates: kueue.x-k8s.io/admission'],
    },
  },
  'a scheduler that does not exist': {
    target,
    given: cluster([
      ...withPods(api, (pod) =>
        change(unscheduled(pod, ''), (draft) => {
          draft.spec.schedulerName = 'volcano';
          draft.status = { phase: 'Pending' };
        }),
      ),
      svc,
    ]),
    says: { summary: ['no scheduler has looked at it', 'volcano'], certainty: 'certain' },
  },
  'the reason only in an event': {
    target,
    given: cluster([
      ...withPods(api, (pod) => unscheduled(pod, '')),
      svc,
      event(podOf(api), 'FailedScheduling', '0/2 nodes are available: 2 Too many pods.'),
    ]),
    says: { summary: ['Too many pods'], certainty: 'certain' },
  },
  'Pods on nodes': { target, given: cluster([...api, svc]), says: 'passed' },
});
