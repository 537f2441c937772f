import check from '../../../src/checks/client/service-link-collision.ts';
import type { KubeObject, Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, service, unready, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { podOf } from '../../kit/pod-states.ts';

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
const dify = workload({ name: 'dify-api', container: { image: 'langgenius/dify-api:0.6.3' } });
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
    says: {
      summary: ['GOTIFY_SERVER_PORT=tcp://'],
      certainty: 'certain',
      evidence: ['log of gotify-server, previous run: panic: strconv.ParseInt'],
    },
  },
  'no words at all, and an app of the same name': {
    given: cluster([...crashing(workload({ name: 'n8n' }), ''), service({ name: 'n8n' })]),
    target: 'demo/n8n',
    says: { summary: ['N8N_PORT'], certainty: 'possible', impact: 'risks' },
  },
  'a Service that breaks another app': {
    given: cluster([...crashing(kibana, parseError), server, service({ name: 'kb', selector: { app: 'kb' } })]),
    target: 'demo/kb',
    says: { summary: ['Service server', 'SERVER_PORT'], certainty: 'certain' },
  },
  'the value is split, and two variables may be behind it': {
    given: cluster([
      ...crashing(dify, "Error: 'tcp' is not a valid port number."),
      service({ name: 'dify' }),
      service({ name: 'dify-api' }),
      service({ name: 'dify-redis', ports: [{ port: 6379 }] }),
    ]),
    target: 'demo/dify-api',
    says: {
      summary: ['Service dify injects DIFY_PORT=tcp://', '(or DIFY_API_PORT)', 'dify-api'],
      certainty: 'certain',
      evidence: ['service/dify metadata.name: dify: enableServiceLinks makes it DIFY_PORT', 'DIFY_API_PORT=tcp://'],
    },
  },
  'a port that is no number, and one variable of the app’s name': {
    given: cluster([
      ...crashing(workload({ name: 'umami' }), 'RangeError: options.port should be >= 0 and < 65536. Received NaN.'),
      service({ name: 'umami' }),
      service({ name: 'orders' }),
    ]),
    target: 'demo/umami',
    says: { summary: ['UMAMI_PORT=tcp://'], certainty: 'certain', impact: 'breaks' },
  },
  'a port that is no number, and no variable of the app’s name': {
    given: cluster([
      ...crashing(workload({ name: 'importer' }), 'config: invalid port'),
      service({ name: 'imports', selector: { app: 'importer' } }),
      service({ name: 'orders' }),
    ]),
    target: 'demo/imports',
    says: { summary: ['IMPORTS_PORT'], certainty: 'possible' },
  },
  'a value of somebody else’s': {
    given: cluster([
      ...crashing(workload({ name: 'umami' }), 'Error: invalid port "80801" in config.yaml'),
      service({ name: 'umami' }),
    ]),
    target: 'demo/umami',
    says: 'passed',
  },
  'a port here and something invalid there': {
    given: cluster([
      ...crashing(workload({ name: 'umami' }), 'Server port is ready\nError: invalid credentials for user app'),
      service({ name: 'umami' }),
    ]),
    target: 'demo/umami',
    says: 'passed',
  },
  'an address of this kind that merely refuses': {
    given: cluster([
      ...crashing(
        workload({ name: 'mqtt' }),
        `mqtt: dial tcp://${service({ name: 'mqtt' }).spec.clusterIP}:80: connection refused`,
      ),
      service({ name: 'mqtt' }),
    ]),
    target: 'demo/mqtt',
    says: 'passed',
  },
  'a client of the Service that reads its variable': {
    given: cluster([
      ...workload({ name: 'redis' }),
      service({ name: 'redis' }),
      ...crashing(workload({ name: 'redis-commander' }), 'TypeError: Port should be a number, got a string'),
    ]),
    target: 'demo/redis',
    from: 'demo/deploy/redis-commander',
    says: { summary: ['REDIS_PORT=tcp://', 'redis-commander'], certainty: 'certain', impact: 'degrades' },
  },
  'killed by its liveness probe': {
    given: cluster([
      ...crashing(workload({ name: 'n8n' }), '', 143),
      service({ name: 'n8n' }),
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'n8n.1', namespace: 'demo' },
        involvedObject: {
          kind: 'Pod',
          name: podOf(workload({ name: 'n8n' })).metadata.name,
          namespace: 'demo',
          fieldPath: 'spec.containers{n8n}',
        },
        reason: 'Killing',
        message: 'Container n8n failed liveness probe, will be restarted',
      } as KubeObject,
    ]),
    target: 'demo/n8n',
    says: 'passed',
  },
  'killed for its memory': {
    given: cluster([...crashing(workload({ name: 'n8n' }), '', 137), service({ name: 'n8n' })]),
    target: 'demo/n8n',
    says: 'passed',
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
