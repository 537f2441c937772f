import check from '../../../src/checks/client/service-link-collision.ts';
import type { KubeObject, Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, service, unready, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

/** The workload's containers end again and again with these last words. */
const crashing = (objects: readonly KubeObject[], message: string, exitCode = 1): readonly KubeObject[] =>
  objects.map((object) =>
    object.kind === 'Pod'
      ? change(unready(object as Pod), (draft) => {
          for (const status of draft.status?.containerStatuses ?? []) {
            status.restartCount = 9;
            status.state = { waiting: { reason: 'CrashLoopBackOff' } };
            status.lastState = { terminated: { exitCode, reason: 'Error', ...(message ? { message } : {}) } };
          }
        })
      : object,
  );
const kibana = workload({ name: 'kb', container: { name: 'kibana', image: 'kibana:7.4' } });
const server = service({ name: 'server', selector: { app: 'kb' } });
const target = 'demo/server';
const parseError = 'FATAL Error: [server.port]: expected value of type [number] but got [string]';

examples(check, {
  'the app names its setting': {
    given: cluster([...crashing(kibana, parseError, 64), server]),
    target,
    says: {
      summary: ['server', 'SERVER_PORT=tcp://', 'kibana'],
      certainty: 'certain',
      evidence: ['spec.template.spec.enableServiceLinks: true', '[server.port]'],
    },
  },
  'the app quotes the value': {
    given: cluster([
      ...crashing(
        workload({ name: 'redis' }),
        `ValueError: invalid literal for int() with base 10: 'tcp://${service({ name: 'redis' }).spec.clusterIP}:80'`,
      ),
      service({ name: 'redis' }),
    ]),
    target: 'demo/redis',
    says: { summary: ['REDIS_PORT=tcp://'], certainty: 'certain' },
  },
  'a Kafka image that refuses KAFKA_PORT': {
    given: cluster([
      ...crashing(workload({ name: 'kafka' }), 'port is deprecated. Please use KAFKA_ADVERTISED_LISTENERS instead.'),
      service({ name: 'kafka' }),
    ]),
    target: 'demo/kafka',
    says: { summary: ['KAFKA_PORT=tcp://'], certainty: 'certain' },
  },
  'the words are in the previous log': {
    given: cluster(
      [...crashing(workload({ name: 'gotify-server' }), ''), service({ name: 'gotify-server' })],
      [
        {
          kind: 'Log',
          pod: { namespace: 'demo', name: workload({ name: 'gotify-server' })[2]?.metadata.name ?? '' },
          previous: true,
          text: 'panic: strconv.ParseInt: parsing "tcp://10.43.12.9:80": invalid syntax\n',
        },
      ],
    ),
    target: 'demo/gotify-server',
    says: { summary: ['GOTIFY_SERVER_PORT=tcp://'], certainty: 'certain' },
  },
  'no words at all, and an app of the same name': {
    given: cluster([...crashing(workload({ name: 'n8n' }), ''), service({ name: 'n8n' })]),
    target: 'demo/n8n',
    says: { summary: ['N8N_PORT'], certainty: 'possible' },
  },
  'a Service that breaks another app': {
    given: cluster([...crashing(kibana, parseError), server, service({ name: 'kb', selector: { app: 'kb' } })]),
    target: 'demo/kb',
    says: { summary: ['Service server', 'SERVER_PORT'], certainty: 'certain' },
  },
  'links switched off': {
    given: cluster([...crashing(workload({ name: 'kb', spec: { enableServiceLinks: false } }), parseError), server]),
    target,
    says: 'passed',
  },
  'a variable of its own, which comes first': {
    given: cluster([
      ...crashing(workload({ name: 'kb', container: { env: [{ name: 'SERVER_PORT', value: 'x' }] } }), parseError),
      server,
    ]),
    target,
    says: 'passed',
  },
  'a headless Service injects nothing': {
    given: cluster([
      ...crashing(kibana, parseError),
      service({ name: 'server', selector: { app: 'kb' }, spec: { clusterIP: 'None', clusterIPs: ['None'] } }),
    ]),
    target,
    says: 'passed',
  },
  'a crash of another kind': {
    given: cluster([...crashing(kibana, 'FATAL: out of disk'), server]),
    target,
    says: 'passed',
  },
  'no crash': { given: cluster([...kibana, server]), target, says: 'passed' },
});
