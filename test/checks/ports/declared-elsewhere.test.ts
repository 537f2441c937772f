import check from '../../../src/checks/ports/declared-elsewhere.ts';
import type { Container } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = (container: Partial<Container>) => workload({ name: 'db', container });
const to = (targetPort: number, port = 80) => service({ name: 'db', ports: [{ name: 'http', port, targetPort }] });
const redis = workload({
  name: 'db',
  kind: 'StatefulSet',
  spec: {
    containers: [
      { name: 'redis', image: 'redis:7', ports: [{ name: 'redis', containerPort: 6379 }] },
      { name: 'exporter', image: 'oliver006/redis_exporter', ports: [{ name: 'metrics', containerPort: 9121 }] },
    ],
  },
});
const nginx = { image: 'nginx:1.27-alpine', ports: [{ containerPort: 80 }] };

examples(check, {
  'nginx declares 80 and listens there by nature': {
    given: cluster([...db(nginx), to(8111, 8111)]),
    says: {
      summary: ['8111', 'declares 80', 'image nginx:1.27-alpine listens on 80'],
      certainty: 'likely',
      impact: 'breaks',
    },
  },
  'nginx with a command of its own': {
    given: cluster([...db({ ...nginx, command: ['nginx', '-c', '/etc/nginx/own.conf'] }), to(8111, 9000)]),
    says: 'passed',
  },
  'a probe that succeeds elsewhere': {
    given: cluster([...db({ readinessProbe: { tcpSocket: { port: 8080 } } }), to(3000)]),
    says: { summary: ['3000', 'declares 8080', 'succeeds on 8080'], certainty: 'likely' },
  },
  'PORT says otherwise': {
    given: cluster([...db({ ports: [{ containerPort: 3000 }], env: [{ name: 'PORT', value: '3000' }] }), to(8080)]),
    says: { summary: ['8080', 'PORT=3000'], certainty: 'likely' },
  },
  'port and targetPort are swapped': {
    given: cluster([...db({}), to(80, 8080)]),
    says: { summary: ['swapped'], certainty: 'likely' },
  },
  'targetPort left out: it repeats port': {
    given: cluster([...db({}), to(80)]),
    says: { summary: ['80', 'declares 8080'], certainty: 'possible', impact: 'risks' },
  },
  'declared alone is a hint, and no more': {
    given: cluster([...db({ ports: [{ containerPort: 9999 }] }), to(3000)]),
    says: 'passed',
  },
  'hints that do not agree': {
    given: cluster([...db({ env: [{ name: 'PORT', value: '9000' }] }), to(3000)]),
    says: 'passed',
  },
  'nothing declared': { given: cluster([...db({ ports: [] }), to(3000)]), says: 'passed' },
  'the port leads to the exporter beside the program': {
    given: cluster([...redis, service({ name: 'db', ports: [{ name: 'redis', port: 6379, targetPort: 9121 }] })]),
    says: {
      summary: ['redis 6379/TCP', '9121 is metrics of container exporter', 'container redis declares 6379'],
      certainty: 'likely',
      impact: 'breaks',
    },
  },
  'the name of the exporter’s port': {
    given: cluster([...redis, service({ name: 'db', ports: [{ name: 'redis', port: 6379, targetPort: 'metrics' }] })]),
    says: { summary: ['9121', '6379'], certainty: 'likely' },
  },
  'a port for the exporter': {
    given: cluster([
      ...redis,
      service({
        name: 'db',
        ports: [
          { name: 'redis', port: 6379, targetPort: 'redis' },
          { name: 'metrics', port: 9121, targetPort: 9121 },
        ],
      }),
    ]),
    says: 'passed',
  },
  'a proxy in front of the program': {
    given: cluster([
      ...workload({
        name: 'db',
        spec: {
          containers: [
            { name: 'app', ports: [{ name: 'http', containerPort: 8080 }] },
            { name: 'oauth2-proxy', ports: [{ name: 'web', containerPort: 4180 }] },
          ],
        },
      }),
      to(4180, 8080),
    ]),
    says: 'passed',
  },
  'somebody looked': {
    given: cluster(
      [...db(nginx), to(8111, 8111)],
      db(nginx)
        .filter(({ kind }) => kind === 'Pod')
        .map(({ metadata }) => ({
          kind: 'Listeners',
          pod: { namespace: 'demo', name: metadata.name },
          sockets: [{ address: '0.0.0.0', port: 8111, protocol: 'TCP' }],
        })),
    ),
    says: 'passed',
  },
  'no Pods': { given: cluster([to(80)]), says: 'not-applicable' },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
