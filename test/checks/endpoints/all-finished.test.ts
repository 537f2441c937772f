import check from '../../../src/checks/endpoints/all-finished.ts';
import { cluster, pod, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event } from '../../kit/pod-states.ts';

const svc = service({ name: 'db' });
const evicted = pod({
  name: 'db',
  labels: { app: 'db' },
  status: { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: ephemeral-storage.' },
});
const completed = pod({
  name: 'db-seed',
  labels: { app: 'db' },
  spec: { restartPolicy: 'Never' },
  status: { phase: 'Succeeded' },
});

examples(check, {
  'a bare Pod that was evicted': {
    given: cluster([evicted, svc, event(evicted, 'Evicted', 'The node was low on resource: ephemeral-storage.')]),
    says: { summary: ['Failed (Evicted)', 'ephemeral-storage', 'nothing makes a new one'], certainty: 'certain' },
  },
  'a task that has run': {
    given: cluster([completed, svc]),
    says: { summary: ['Succeeded (Completed)'], certainty: 'certain', evidence: ['restartPolicy: Never'] },
  },
  'leftovers beside Pods that run': { given: cluster([evicted, ...workload({ name: 'db' }), svc]), says: 'passed' },
});
