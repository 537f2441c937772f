import check from '../../../src/checks/ports/told-to-bind-loopback.ts';
import type { Container, Pod } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = (container: Partial<Container>) => workload({ name: 'db', container });
const to8080 = service({ name: 'db' });
const to8000 = service({ name: 'db', ports: [{ port: 80, targetPort: 8000 }] });
const host = { args: ['--host', '127.0.0.1', '--port=8080'] };

examples(check, {
  'by a flag': {
    given: cluster([...db(host), to8080]),
    says: { summary: ['--host 127.0.0.1', '127.0.0.1:8080', 'deployment/db'], certainty: 'likely' },
  },
  'by a flag for all addresses': {
    given: cluster([...db({ args: ['--host', '0.0.0.0', '--port=8080'] }), to8080]),
    says: 'passed',
  },
  'by a variable': {
    given: cluster([...db({ env: [{ name: 'BIND_ADDR', value: 'localhost:8080' }] }), to8080]),
    says: { summary: ['BIND_ADDR=localhost:8080'], certainty: 'likely' },
  },
  'a variable for another port': {
    given: cluster([...db({ env: [{ name: 'BIND_ADDR', value: 'localhost:9901' }] }), to8080]),
    says: 'passed',
  },
  'a variable that names somebody else': {
    given: cluster([...db({ env: [{ name: 'REDIS_HOST', value: '127.0.0.1' }] }), to8080]),
    says: 'passed',
  },
  'a flag of another name, for the very port': {
    given: cluster([...db({ args: ['--leader-elect', '--metrics-bind-address=127.0.0.1:8080'] }), to8080]),
    says: { summary: ['--metrics-bind-address=127.0.0.1:8080'], certainty: 'likely' },
  },
  'a flag of another name, for another port': {
    given: cluster([...db({ args: ['--metrics-bind-address=127.0.0.1:9090'] }), to8080]),
    says: 'passed',
  },
  'runserver without an address': {
    given: cluster([
      ...db({ command: ['sh', '-c', 'python manage.py migrate && python manage.py runserver 8000'], ports: [] }),
      to8000,
    ]),
    says: { summary: ['runserver 8000', '127.0.0.1:8000'], certainty: 'likely' },
  },
  'runserver on all addresses': {
    given: cluster([...db({ command: ['python', 'manage.py', 'runserver', '0.0.0.0:8000'] }), to8000]),
    says: 'passed',
  },
  'uvicorn by default': {
    given: cluster([...db({ command: ['uvicorn'], args: ['app:app'], ports: [] }), to8000]),
    says: { summary: ['uvicorn app:app'], certainty: 'likely' },
  },
  'the kubelet gets in by a probe': {
    given: cluster([...db({ ...host, readinessProbe: { tcpSocket: { port: 8080 } } }), to8080]),
    says: 'passed',
  },
  'somebody looked': {
    given: cluster(
      [...db(host), to8080],
      db(host)
        .filter((object): object is Pod => object.kind === 'Pod')
        .map(({ metadata }) => ({
          kind: 'Listeners',
          pod: { namespace: 'demo', name: metadata.name },
          sockets: [{ address: '0.0.0.0', port: 8080, protocol: 'TCP' }],
        })),
    ),
    says: 'not-applicable',
  },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
