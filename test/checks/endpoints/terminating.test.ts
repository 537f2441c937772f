import check from '../../../src/checks/endpoints/terminating.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { podOf, withPods } from '../../kit/pod-states.ts';

const db = workload({ name: 'db', replicas: 2 });
const svc = service({ name: 'db' });
const deleted = (pod: Pod) => change(pod, (draft) => void (draft.metadata.deletionTimestamp = '2026-03-02T09:30:00Z'));

examples(check, {
  'all Pods held by a finalizer': {
    given: cluster([
      ...withPods(db, (pod) =>
        change(deleted(pod), (draft) => void (draft.metadata.finalizers = ['example.com/drain'])),
      ),
      svc,
    ]),
    says: { summary: ['All 2 Pods are Terminating', 'example.com/drain'], certainty: 'certain' },
  },
  'all Pods held by nobody': {
    given: cluster([...withPods(db, deleted), svc]),
    says: { summary: ['30 min past'], certainty: 'certain' },
  },
  'all Pods on a dead node': {
    given: change(
      cluster([...withPods(workload({ kind: 'StatefulSet', name: 'db', nodes: ['node-b'] }), deleted), svc]),
      (draft) => {
        for (const object of draft.objects)
          if (object.metadata.name === 'node-b')
            Object.assign(object, {
              status: { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }] },
            });
      },
    ),
    says: { summary: ['node-b is NotReady', 'NodeStatusUnknown'], certainty: 'certain', evidence: ['node/node-b'] },
  },
  'one of two, in a rollout': {
    given: cluster([...db.map((object) => (object === podOf(db) ? deleted(podOf(db)) : object)), svc]),
    says: 'passed',
  },
  none: { given: cluster([...db, svc]), says: 'passed' },
});
