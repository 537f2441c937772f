import check from '../../../src/checks/selector/pinned-to-a-rollout.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db' });
const generation = db.find(({ kind }) => kind === 'Pod')?.metadata.labels?.['pod-template-hash'] ?? '';
const set = workload({ name: 'db', kind: 'StatefulSet', replicas: 2 });
const podName = (name: string) =>
  service({ name: 'db', selector: { app: 'db', 'statefulset.kubernetes.io/pod-name': name } });

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
});
