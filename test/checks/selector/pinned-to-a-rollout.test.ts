import check from '../../../src/checks/selector/pinned-to-a-rollout.ts';
import type { KubeObject } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { slice } from '../../kit/slices.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db' });
const generation = db.find(({ kind }) => kind === 'Pod')?.metadata.labels?.['pod-template-hash'] ?? '';
const set = workload({ name: 'db', kind: 'StatefulSet', replicas: 2 });
const podName = (name: string) =>
  service({ name: 'db', selector: { app: 'db', 'statefulset.kubernetes.io/pod-name': name } });

const argoHash = 'rollouts-pod-template-hash';
/** An Argo Rollout that was scaled down, with the ReplicaSet of its last revision. */
const rollout = workload({ name: 'db', replicas: 0 })
  .slice(0, 2)
  .map((object) => ({
    ...object,
    metadata: {
      ...object.metadata,
      name: object.kind === 'ReplicaSet' ? 'db-6cf78c66c5' : 'db',
      ...(object.kind === 'ReplicaSet'
        ? {
            ownerReferences: [
              { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'db', uid: 'r', controller: true },
            ],
          }
        : {}),
    },
    ...(object.kind === 'ReplicaSet'
      ? {
          spec: {
            replicas: 0,
            selector: { matchLabels: { app: 'db', [argoHash]: '6cf78c66c5' } },
            template: { metadata: { labels: { app: 'db', [argoHash]: '6cf78c66c5' } }, spec: { containers: [] } },
          },
        }
      : { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' }),
  })) as unknown as readonly KubeObject[];

examples(check, {
  'a hash that no Pod carries any more': {
    given: cluster([...db, service({ name: 'db', selector: { app: 'db', 'pod-template-hash': '5c8f6dd7b4' } })]),
    says: {
      summary: ['pod-template-hash=5c8f6dd7b4', generation],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['service/db spec.selector.pod-template-hash: 5c8f6dd7b4'],
    },
  },
  'a hash that still matches': {
    given: cluster([...db, service({ name: 'db', selector: { app: 'db', 'pod-template-hash': generation } })]),
    says: { summary: ['until the next rollout'], certainty: 'certain', impact: 'risks' },
  },
  'a hash that holds old Pods while newer ones run': {
    given: cluster([
      ...db,
      ...db
        .filter(({ kind }) => kind === 'Pod')
        .map((object) =>
          change(object, ({ metadata }) => {
            metadata.name = 'db-newer-k2x9p';
            metadata.creationTimestamp = '2026-03-02T09:50:00Z';
            metadata.labels = { app: 'db', 'pod-template-hash': '7d4b9c6f88' };
          }),
        ),
      service({ name: 'db', selector: { app: 'db', 'pod-template-hash': generation } }),
    ]),
    says: { summary: [`pod-template-hash=${generation}`, '7d4b9c6f88'], certainty: 'certain', impact: 'degrades' },
  },
  'nothing but a hash': {
    given: cluster([...db, service({ name: 'db', selector: { 'pod-template-hash': '5c8f6dd7b4' } })]),
    says: { summary: ['pod-template-hash=5c8f6dd7b4', 'deployment/db'], certainty: 'certain' },
  },
  'scaled to zero besides': {
    given: cluster([
      ...workload({ name: 'db', replicas: 0 }),
      service({ name: 'db', selector: { app: 'db', 'pod-template-hash': '5c8f6dd7b4' } }),
    ]),
    says: { summary: ['its template matches but for that'], certainty: 'certain' },
  },
  'a label of Argo Rollouts that nobody sets any more': {
    given: cluster([
      ...db,
      change(
        service({ name: 'db', selector: { app: 'db', 'rollouts-pod-template-hash': '54d9b6c8f7' } }),
        ({ metadata }) => void (metadata.annotations = { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'db' }),
      ),
    ]),
    says: {
      summary: ['rollouts-pod-template-hash=54d9b6c8f7', 'no rollouts-pod-template-hash'],
      certainty: 'certain',
      evidence: ['managed-by-rollouts: db'],
    },
  },
  'a hash of a Rollout at 0 replicas, beside the Deployment that took over': {
    given: cluster([...rollout, ...db, service({ name: 'db', selector: { app: 'db', [argoHash]: '6cf78c66c5' } })]),
    says: {
      summary: ['rollouts-pod-template-hash=6cf78c66c5', 'Rollout db at 0 replicas', 'deployment/db carry no rollouts'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['rollout/db spec.replicas: 0', 'deployment/db spec.replicas'],
    },
  },
  'a hash of a Rollout at 0 replicas, and nobody took over': {
    given: cluster([...rollout, service({ name: 'db', selector: { app: 'db', [argoHash]: '6cf78c66c5' } })]),
    says: 'passed',
  },
  'one Pod of a StatefulSet at 0 replicas, beside another set': {
    given: cluster([
      ...workload({ kind: 'StatefulSet', name: 'db', replicas: 0 }),
      ...workload({ kind: 'StatefulSet', name: 'db-read', labels: { app: 'db', mode: 'read' } }),
      podName('db-0'),
    ]),
    says: 'passed',
  },
  'a Pod of a StatefulSet that is gone': {
    given: cluster([...set, podName('db-2')]),
    says: {
      summary: ['statefulset.kubernetes.io/pod-name=db-2', 'db-0, db-1'],
      certainty: 'certain',
      evidence: ['statefulset/db spec.replicas: 2'],
    },
  },
  'a Pod of a StatefulSet that is there': { given: cluster([...set, podName('db-1')]), says: 'passed' },
  'a Pod that its StatefulSet has still to make': {
    given: cluster([...set.slice(0, 2), podName('db-1')]),
    says: 'passed',
  },
  'the rest matches nothing either': {
    given: cluster([...db, service({ name: 'db', selector: { app: 'other', 'pod-template-hash': '5c8f6dd7b4' } })]),
    says: 'passed',
  },
  'no hash at all': { given: cluster([...db, service({ name: 'db' })]), says: 'passed' },
  'no selector': { given: cluster([...db, service({ name: 'db', selector: null })]), says: 'not-applicable' },
  'a hand-made slice serves meanwhile': {
    given: cluster([
      ...db,
      service({ name: 'db', selector: { app: 'db', 'pod-template-hash': '5c8f6dd7b4' } }),
      slice({ name: 'db-vm' }),
    ]),
    says: { summary: ['pod-template-hash=5c8f6dd7b4'], certainty: 'certain', impact: 'risks' },
  },
});
