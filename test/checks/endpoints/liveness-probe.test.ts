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
      patchCannotShow: 'the restarts of the past stay',
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
  'a startup probe on the app’s own port': {
    target,
    given: cluster([
      ...withPods(
        workload({ name: 'web', container: { startupProbe: { ...livenessProbe, initialDelaySeconds: 0 } } }),
        (pod) => crashing(pod, { exitCode: 137, reason: 'Error' }, 14),
      ),
      svc,
      event(podOf(web), 'Killing', 'Container web failed startup probe, will be restarted', 'web'),
      event(
        podOf(web),
        'Unhealthy',
        'Startup probe failed: dial tcp 10.244.1.5:8080: connect: connection refused',
        'web',
      ),
    ]),
    says: {
      summary: ['startup probe', 'the app does not listen yet when kubelet gives up'],
      certainty: 'certain',
      evidence: ['kills after about 15 s'],
      patchCannotShow: 'the restarts of the past stay',
    },
  },
  'a port that is not the app’s': {
    target,
    given: cluster([
      ...withPods(workload({ name: 'web', container: { livenessProbe: { tcpSocket: { port: 9000 } } } }), (pod) =>
        crashing(pod, { exitCode: 137, reason: 'Error' }, 14),
      ),
      svc,
      kill,
      event(
        podOf(web),
        'Unhealthy',
        'Liveness probe failed: dial tcp 10.244.1.5:9000: connect: connection refused',
        'web',
      ),
    ]),
    says: {
      summary: ['nobody listens there', 'the container declares 8080'],
      certainty: 'certain',
      patchCannotShow: 'the restarts of the past stay',
    },
  },
  'plain HTTP to a TLS port': {
    target,
    given: cluster(
      [
        ...killed,
        svc,
        kill,
        event(podOf(web), 'Unhealthy', 'Liveness probe failed: HTTP probe failed with statuscode: 400', 'web'),
      ],
      [
        {
          kind: 'Log',
          pod: { namespace: 'demo', name },
          previous: true,
          text: 'http: TLS handshake error from 10.244.1.1:4711: client sent an HTTP request to an HTTPS server\n',
        },
      ],
    ),
    says: {
      summary: ['gets 400', 'TLS'],
      certainty: 'certain',
      patchCannotShow: 'the restarts of the past stay',
    },
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
