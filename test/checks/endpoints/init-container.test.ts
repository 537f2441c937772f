import check from '../../../src/checks/endpoints/init-container.ts';
import type { ContainerState, Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, service, unready, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event, podOf, waiting, withPods } from '../../kit/pod-states.ts';

const init = {
  name: 'wait-for-db',
  image: 'busybox:1.36',
  command: ['sh', '-c', 'until nc -z db 5432; do sleep 2; done'],
};
const api = workload({ name: 'api', spec: { initContainers: [init] } });
const svc = service({ name: 'api' });
const target = 'demo/api';
const inState =
  (state: ContainerState, lastState: ContainerState = {}, restartCount = 0) =>
  (pod: Pod) =>
    change(waiting(pod, 'PodInitializing'), (draft) => {
      if (draft.status)
        draft.status.initContainerStatuses = [{ name: 'wait-for-db', ready: false, restartCount, state, lastState }];
    });
const running = inState({ running: { startedAt: '2026-03-02T09:20:00Z' } });

examples(check, {
  'one that waits for ever': {
    target,
    given: cluster([...withPods(api, running), svc]),
    says: {
      summary: ['wait-for-db', 'still running after 40 min'],
      certainty: 'certain',
      evidence: ['until nc -z db 5432'],
    },
  },
  'one that has just begun': {
    target,
    given: cluster([...withPods(api, inState({ running: { startedAt: '2026-03-02T09:59:00Z' } })), svc]),
    says: { summary: ['still running'], certainty: 'likely' },
  },
  'one that waits for a Service whose workload is at 0': {
    target,
    given: cluster([
      ...withPods(api, running),
      svc,
      ...workload({ kind: 'StatefulSet', name: 'db', replicas: 0 }),
      service({ name: 'db', ports: [{ port: 5432 }] }),
    ]),
    says: {
      summary: [
        'wait-for-db is still running after 40 min',
        'it waits for Service db',
        'StatefulSet db behind it is scaled to 0',
      ],
      certainty: 'certain',
      evidence: ['service/db spec.selector: app=db', 'statefulset/db spec.replicas: 0'],
      patchCannotShow: 'the Pod waits until the database has started',
    },
  },
  'one that waits for a Service without ready Pods': {
    target,
    given: cluster([
      ...withPods(api, running),
      svc,
      ...withPods(workload({ name: 'db' }), (pod) => unready(pod)),
      service({ name: 'db', ports: [{ port: 5432 }] }),
    ]),
    says: { summary: ['it waits for Service db, which has no ready Pod'], certainty: 'certain' },
  },
  'one that waits for its own Service': {
    target,
    given: cluster([
      ...withPods(
        workload({
          name: 'api',
          spec: { initContainers: [{ ...init, command: ['sh', '-c', 'until nslookup api.demo; do sleep 2; done'] }] },
        }),
        running,
      ),
      svc,
    ]),
    says: { summary: ['it waits for Service api, which these very Pods are to serve'], certainty: 'certain' },
  },
  'one that waits for a Service that answers': {
    target,
    given: cluster([
      ...withPods(api, running),
      svc,
      ...workload({ name: 'db' }),
      service({ name: 'db', ports: [{ port: 5432 }] }),
    ]),
    says: { summary: ['still running after 40 min'], certainty: 'certain' },
  },
  'one that waits for a name that no Service bears': {
    target,
    given: cluster([...withPods(api, running), svc, service({ name: 'db-headless', spec: { clusterIP: 'None' } })]),
    says: {
      summary: ['it waits for db, which is no Service (the nearest is db-headless)'],
      certainty: 'certain',
      evidence: [
        'spec.initContainers[wait-for-db].command',
        'db:5432',
        'service/db-headless metadata.name',
        '.state: running',
      ],
    },
  },
  'one that waits for a port that the Service does not have': {
    target,
    given: cluster([
      ...withPods(api, running),
      svc,
      ...workload({ name: 'db' }),
      service({ name: 'db', ports: [{ name: 'tcp', port: 3306 }] }),
    ]),
    says: {
      summary: ['it waits for port 5432, which Service db does not have (it has tcp 3306/TCP)'],
      certainty: 'certain',
      evidence: ['service/db spec.ports'],
    },
  },
  'one that waits for a URL built from a variable': {
    target,
    given: cluster([
      ...withPods(
        workload({
          name: 'api',
          spec: {
            initContainers: [
              {
                ...init,
                env: [{ name: 'MONGO', value: 'mongo-svc' }],
                command: ['sh', '-c', 'until curl -s -X GET -o /dev/null "telnet://${MONGO}:27017"; do sleep 2; done'],
              },
            ],
          },
        }),
        running,
      ),
      svc,
      service({ name: 'mongo' }),
    ]),
    says: { summary: ['it waits for mongo-svc, which is no Service (the nearest is mongo)'], certainty: 'certain' },
  },
  'one that waits for somebody outside': {
    target,
    given: cluster([
      ...withPods(
        workload({
          name: 'api',
          spec: {
            initContainers: [
              {
                ...init,
                command: ['sh', '-c', 'until curl -X POST https://login.example.com/ready; do sleep 2; done'],
              },
            ],
          },
        }),
        running,
      ),
      svc,
    ]),
    says: { summary: ['still running after 40 min'], certainty: 'certain' },
  },
  'one that fails': {
    target,
    given: cluster([
      ...withPods(
        api,
        inState(
          { waiting: { reason: 'CrashLoopBackOff' } },
          { terminated: { exitCode: 1, reason: 'Error', message: 'migration 0042 failed: relation exists' } },
          6,
        ),
      ),
      svc,
    ]),
    says: { summary: ['exits with code 1', '6 restarts', 'migration 0042 failed'], certainty: 'certain' },
  },
  'one whose log tells more': {
    target,
    given: cluster(
      [...withPods(api, running), svc, event(podOf(api), 'Started', 'Started container wait-for-db')],
      [
        {
          kind: 'Log',
          pod: { namespace: 'demo', name: podOf(api).metadata.name },
          container: 'wait-for-db',
          previous: false,
          text: "nc: bad address 'db'\n",
        },
      ],
    ),
    says: {
      summary: ['it waits for db, which is no Service'],
      certainty: 'certain',
      evidence: ["log of wait-for-db: nc: bad address 'db'"],
    },
  },
  'one that has finished': {
    target,
    given: cluster([
      ...withPods(api, (pod) =>
        change(pod, (draft) => {
          if (draft.status)
            draft.status.initContainerStatuses = [
              { name: 'wait-for-db', ready: true, state: { terminated: { exitCode: 0, reason: 'Completed' } } },
            ];
        }),
      ),
      svc,
    ]),
    says: 'passed',
  },
});
