import check from '../../../src/checks/endpoints/out-of-memory.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { crashing, event, podOf, withPods } from '../../kit/pod-states.ts';

const api = workload({ name: 'api', container: { resources: { limits: { memory: '128Mi' } } } });
const svc = service({ name: 'api' });
const target = 'demo/api';

examples(check, {
  'a limit that is too small': {
    target,
    given: cluster([
      ...withPods(api, (pod) => crashing(pod, { exitCode: 137, reason: 'OOMKilled' })),
      svc,
      event(podOf(api), 'BackOff', 'Back-off restarting failed container'),
    ]),
    says: {
      summary: ['OOMKilled', '128Mi', '7 restarts'],
      certainty: 'certain',
      evidence: ['exitCode: 137', 'limits.memory: 128Mi'],
    },
  },
  'no limit: the node is full': {
    target,
    given: cluster([
      ...withPods(workload({ name: 'api' }), (pod) => crashing(pod, { exitCode: 137, reason: 'OOMKilled' })),
      svc,
    ]),
    says: { summary: ['node runs out of memory'], certainty: 'certain' },
  },
  'killed otherwise': {
    target,
    given: cluster([...withPods(api, (pod) => crashing(pod, { exitCode: 137, reason: 'Error' })), svc]),
    says: 'passed',
  },
});
