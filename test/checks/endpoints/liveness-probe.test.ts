import check from '../../../src/checks/endpoints/liveness-probe.ts';
import type { Probe } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { crashing, event, podOf, withPods } from '../../kit/pod-states.ts';

const livenessProbe: Probe = {
  httpGet: { path: '/alive', port: 8080 },
  initialDelaySeconds: 5,
  periodSeconds: 5,
  failureThreshold: 3,
};
const web = workload({ name: 'web', container: { livenessProbe } });
const svc = service({ name: 'web' });
const target = 'demo/web';
const killed = withPods(web, (pod) => crashing(pod, { exitCode: 137, reason: 'Error' }, 14));
const kill = event(podOf(web), 'Killing', 'Container web failed liveness probe, will be restarted', 'web');
const name = podOf(web).metadata.name;

examples(check, {
  'a probe that asks too early': {
    target,
    given: cluster(
      [
        ...killed,
        svc,
        kill,
        event(
          podOf(web),
          'Unhealthy',
          'Liveness probe failed: dial tcp 10.244.1.5:8080: connect: connection refused',
          'web',
        ),
      ],
      [{ kind: 'Listeners', pod: { namespace: 'demo', name }, sockets: [] }],
    ),
    says: {
      summary: ['liveness probe GET /alive', 'refused', 'restarted web 14 times'],
      certainty: 'certain',
      evidence: ['after about 20 s', 'exitCode: 137'],
    },
  },
  'a path that does not exist': {
    target,
    given: cluster(
      [
        ...killed,
        svc,
        event(podOf(web), 'Unhealthy', 'Liveness probe failed: HTTP probe failed with statuscode: 404', 'web'),
      ],
      [{ kind: 'HttpGet', pod: { namespace: 'demo', name }, port: 8080, path: '/healthz', status: 200 }],
    ),
    says: {
      summary: ['404', '/healthz answers 200'],
      certainty: 'certain',
      patchCannotShow: 'the restarts of the past stay',
    },
  },
  'a startup probe that runs out of patience': {
    target,
    given: cluster([
      ...killed,
      svc,
      event(podOf(web), 'Killing', 'Container web failed startup probe, will be restarted', 'web'),
    ]),
    says: { summary: ['startup probe'], certainty: 'certain' },
  },
  'an app that exits by itself': {
    target,
    given: cluster([
      ...withPods(web, (pod) => crashing(pod, { exitCode: 1, reason: 'Error' })),
      svc,
      event(podOf(web), 'Unhealthy', 'Liveness probe failed: connection refused', 'web'),
    ]),
    says: 'passed',
  },
  'killed for its memory': {
    target,
    given: cluster([...withPods(web, (pod) => crashing(pod, { exitCode: 137, reason: 'OOMKilled' })), svc, kill]),
    says: 'passed',
  },
  'one failure of a Pod that runs': {
    target,
    given: cluster([
      ...withPods(web, (pod) => change(pod, () => {})),
      svc,
      event(podOf(web), 'Unhealthy', 'Liveness probe failed: timeout', 'web'),
    ]),
    says: 'passed',
  },
});
