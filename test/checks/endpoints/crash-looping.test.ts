import check from '../../../src/checks/endpoints/crash-looping.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { crashing, event, podOf, withPods } from '../../kit/pod-states.ts';

const kb = workload({ name: 'kibana' });
const svc = service({ name: 'kibana' });
const target = 'demo/kibana';
const two = workload({ name: 'kibana', replicas: 2 });

examples(check, {
  'an app that dies of its settings': {
    target,
    given: cluster([
      ...withPods(kb, (pod) =>
        crashing(pod, { exitCode: 64, reason: 'Error', message: 'FATAL Error: expected number but got string' }, 9),
      ),
      svc,
    ]),
    says: {
      summary: ['exits with code 64', '9 restarts', 'FATAL Error'],
      certainty: 'certain',
      evidence: ['CrashLoopBackOff', 'exitCode: 64', 'restartCount: 9'],
    },
  },
  'the last words in its log': {
    target,
    given: cluster(
      [...withPods(kb, (pod) => crashing(pod, { exitCode: 1, reason: 'Error' })), svc],
      [
        {
          kind: 'Log',
          pod: { namespace: 'demo', name: podOf(kb).metadata.name },
          previous: true,
          text: 'starting\npanic: DATABASE_URL is empty\ngoroutine 1\n',
        },
      ],
    ),
    says: { summary: ['panic: DATABASE_URL is empty'], certainty: 'certain', evidence: ['log of kibana'] },
  },
  'a command that is not in the image': {
    target,
    given: cluster([...withPods(kb, (pod) => crashing(pod, { exitCode: 127, reason: 'Error' })), svc]),
    says: { summary: ['127', 'not found'], certainty: 'certain' },
  },
  'a command that ends by itself': {
    target,
    given: cluster([...withPods(kb, (pod) => crashing(pod, { exitCode: 0, reason: 'Completed' })), svc]),
    says: { summary: ['exits with code 0', 'ends by itself'], certainty: 'certain' },
  },
  'a container that the runtime cannot start': {
    target,
    given: cluster([
      ...withPods(kb, (pod) =>
        crashing(pod, {
          exitCode: 128,
          reason: 'StartError',
          message: 'exec: "kibanad": executable file not found in $PATH',
        }),
      ),
      svc,
    ]),
    says: { summary: ['executable file not found in $PATH'], certainty: 'certain' },
  },
  'a script that is not executable': {
    target,
    given: cluster([
      ...withPods(kb, (pod) =>
        crashing(pod, {
          exitCode: 128,
          reason: 'StartError',
          message:
            'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/app/start.sh": permission denied: unknown',
        }),
      ),
      svc,
    ]),
    says: { summary: ['code 128', 'exec: "/app/start.sh": permission denied'], certainty: 'certain' },
  },
  'an image for another processor': {
    target,
    given: cluster(
      [...withPods(kb, (pod) => crashing(pod, { exitCode: 255, reason: 'Error' })), svc],
      [
        {
          kind: 'Log',
          pod: { namespace: 'demo', name: podOf(kb).metadata.name },
          previous: true,
          text: 'exec /usr/local/bin/kibana: exec format error\n',
        },
      ],
    ),
    says: { summary: ['exec /usr/local/bin/kibana: exec format error'], certainty: 'certain' },
  },
  'between two lives': {
    target,
    given: cluster([
      ...withPods(kb, (pod) =>
        change(crashing(pod, { exitCode: 139, reason: 'Error' }), (draft) => {
          for (const status of draft.status?.containerStatuses ?? [])
            status.state = { running: { startedAt: '2026-03-02T09:59:50Z' } };
        }),
      ),
      svc,
    ]),
    says: { summary: ['139', 'SIGSEGV'], certainty: 'certain' },
  },
  'one of two': {
    target,
    given: cluster([
      ...two.map((object) => (object === podOf(two) ? crashing(podOf(two), { exitCode: 1 }) : object)),
      svc,
    ]),
    says: { summary: ['one of 2'], certainty: 'certain', impact: 'risks' },
  },
  'killed for its memory: another check': {
    target,
    given: cluster([...withPods(kb, (pod) => crashing(pod, { exitCode: 137, reason: 'OOMKilled' })), svc]),
    says: 'passed',
  },
  'killed for its probe: another check': {
    target,
    given: cluster([
      ...withPods(kb, (pod) => crashing(pod, { exitCode: 137, reason: 'Error' })),
      svc,
      event(podOf(kb), 'Killing', 'Container kibana failed liveness probe, will be restarted', 'kibana'),
    ]),
    says: 'passed',
  },
  'a single old restart': {
    target,
    given: cluster([
      ...withPods(kb, (pod) =>
        change(pod, (draft) => {
          for (const status of draft.status?.containerStatuses ?? [])
            Object.assign(status, {
              restartCount: 1,
              lastState: { terminated: { exitCode: 1, finishedAt: '2026-02-01T00:00:00Z' } },
            });
        }),
      ),
      svc,
    ]),
    says: 'passed',
  },
});
