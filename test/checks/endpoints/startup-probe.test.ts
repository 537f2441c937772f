import check from '../../../src/checks/endpoints/startup-probe.ts';
import type { Probe } from '../../../src/k8s/objects.ts';
import { change, cluster, service, unready, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event, podOf, withPods } from '../../kit/pod-states.ts';

const startupProbe: Probe = { httpGet: { path: '/started', port: 8080 }, failureThreshold: 30, periodSeconds: 10 };
const web = workload({ name: 'web', container: { startupProbe } });
const svc = service({ name: 'web' });
const target = 'demo/web';
const starting = withPods(web, (pod) =>
  change(unready(pod), (draft) => {
    for (const status of draft.status?.containerStatuses ?? []) status.started = false;
  }),
);
const name = podOf(web).metadata.name;

examples(check, {
  'a path that does not exist': {
    target,
    given: cluster(
      [
        ...starting,
        svc,
        event(podOf(web), 'Unhealthy', 'Startup probe failed: HTTP probe failed with statuscode: 404', 'web'),
      ],
      [{ kind: 'HttpGet', pod: { namespace: 'demo', name }, port: 8080, path: '/started', status: 404 }],
    ),
    says: {
      summary: ['startup probe GET /started on port 8080 gets 404'],
      certainty: 'certain',
      evidence: ['300 s until kubelet kills it'],
    },
  },
  'nobody listens yet': {
    target,
    given: cluster(
      [
        ...starting,
        svc,
        event(
          podOf(web),
          'Unhealthy',
          'Startup probe failed: dial tcp 10.244.1.5:8080: connect: connection refused',
          'web',
        ),
      ],
      [{ kind: 'Listeners', pod: { namespace: 'demo', name }, sockets: [] }],
    ),
    says: {
      summary: ['connection refused', 'does not listen yet'],
      certainty: 'certain',
      patchCannotShow: 'the event of the old probe stays',
    },
  },
  'a readiness probe that fails: another check': {
    target,
    given: cluster([
      ...withPods(workload({ name: 'web', container: { readinessProbe: startupProbe } }), (pod) => unready(pod)),
      svc,
    ]),
    says: 'passed',
  },
  'a container that has started': { target, given: cluster([...web, svc]), says: 'passed' },
});
