import check from '../../../src/checks/endpoints/restarts-often.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event, podOf, withPods } from '../../kit/pod-states.ts';

const api = workload({ name: 'api', replicas: 2 });
const svc = service({ name: 'api' });
const target = 'demo/api';
const restarted = (times: number, finishedAt: string) => (pod: Pod) =>
  change(pod, (draft) => {
    for (const status of draft.status?.containerStatuses ?? [])
      Object.assign(status, {
        restartCount: times,
        lastState: { terminated: { exitCode: 137, reason: 'Error', finishedAt } },
      });
  });
const restless = restarted(23, '2026-03-02T09:55:00Z');

examples(check, {
  'all Pods, killed by their probe': {
    target,
    given: cluster([
      ...withPods(api, restless),
      svc,
      event(podOf(api), 'Killing', 'Container api failed liveness probe, will be restarted', 'api'),
    ]),
    says: { summary: ['restarted 23 times', 'failed liveness probe'], certainty: 'certain', impact: 'degrades' },
  },
  'one of two': {
    target,
    given: cluster([...api.map((object) => (object === podOf(api) ? restless(podOf(api)) : object)), svc]),
    says: { summary: ['exit code 137'], certainty: 'certain', impact: 'risks' },
  },
  'many restarts, long ago': {
    target,
    given: cluster([...withPods(api, restarted(23, '2026-02-20T00:00:00Z')), svc]),
    says: 'passed',
  },
  'one restart just now': {
    target,
    given: cluster([...withPods(api, restarted(1, '2026-03-02T09:58:00Z')), svc]),
    says: 'passed',
  },
});
