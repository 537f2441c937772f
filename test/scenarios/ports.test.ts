import { describe } from 'vitest';
import type { Container, Pod } from '../../src/k8s/objects.ts';
import type { Observation, Socket } from '../../src/snapshot/snapshot.ts';
import { change, cluster, service, slicesFor, workload } from '../kit/cluster.ts';
import { scenario } from '../kit/scenario.ts';

const db = (container: Partial<Container> = {}) => workload({ name: 'db', container });
const podsIn = (objects: readonly { readonly kind: string }[]) =>
  objects.filter((object): object is Pod => object.kind === 'Pod');
const listens = (
  objects: readonly { readonly kind: string }[],
  ...sockets: readonly Partial<Socket>[]
): readonly Observation[] =>
  podsIn(objects).map(({ metadata }) => ({
    kind: 'Listeners',
    pod: { namespace: metadata.namespace ?? '', name: metadata.name },
    sockets: (sockets.length > 0 ? sockets : [{}]).map((socket) => ({
      address: '0.0.0.0',
      port: 8080,
      protocol: 'TCP',
      ...socket,
    })),
  }));
const named = (targetPort: string | number, port = 80) =>
  service({ name: 'db', ports: [{ name: 'http', port, targetPort }] });

describe('a targetPort that leads to another container', () => {
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
  const to = (targetPort: number | string) =>
    service({ name: 'db', ports: [{ name: 'redis', port: 6379, targetPort }] });
  scenario('the exporter', cluster([...redis, to(9121)]), ['ports/declared-elsewhere']);
  scenario('healthy: the program', cluster([...redis, to('redis')]), []);
  scenario(
    'the exporter, and only the program listens',
    cluster([...redis, to(9121)], listens(redis, { port: 6379 })),
    ['ports/nobody-listens'],
  );
});

describe('a named targetPort', () => {
  scenario('misspelt', cluster([...db(), named('htpp')]), ['ports/named-port-unresolved']);
  scenario('in capitals', cluster([...db({ ports: [{ name: 'HTTP', containerPort: 8080 }] }), named('http')]), [
    'ports/named-port-unresolved',
  ]);
  scenario(
    'of a container port without a name',
    cluster([...db({ ports: [{ containerPort: 8080 }] }), named('http')]),
    ['ports/named-port-unresolved'],
  );
  scenario('of a container that declares nothing', cluster([...db({ ports: [] }), named('http')]), [
    'ports/named-port-unresolved',
  ]);
  scenario(
    'declared by an init container only',
    cluster([
      ...workload({
        name: 'db',
        container: { ports: [] },
        spec: { initContainers: [{ name: 'setup', ports: [{ name: 'http', containerPort: 8080 }] }] },
      }),
      named('http'),
    ]),
    ['ports/named-port-unresolved'],
  );
  scenario(
    'that is the name of the Service port, not of the container port',
    cluster([
      ...db({
        ports: [
          { name: 'api', containerPort: 8080 },
          { name: 'metrics', containerPort: 9090 },
        ],
      }),
      named('http'),
    ]),
    ['ports/named-port-unresolved'],
  );
  scenario('a number in quotes', cluster([...db(), named('8080')]), ['ports/digits-as-a-name']);
  scenario(
    'declared for TCP, asked for as UDP',
    cluster([
      ...db({ ports: [{ name: 'dns', containerPort: 53 }] }),
      service({ name: 'db', ports: [{ name: 'dns-udp', port: 53, protocol: 'UDP', targetPort: 'dns' }] }),
    ]),
    ['ports/wrong-protocol'],
  );
  scenario(
    'declared for UDP, and TCP by default in the Service',
    cluster([
      ...db({ ports: [{ name: 'syslog', containerPort: 514, protocol: 'UDP' }] }),
      service({ name: 'db', ports: [{ name: 'syslog', port: 514, targetPort: 'syslog' }] }),
    ]),
    ['ports/wrong-protocol'],
  );
  scenario(
    'wrong in one of two ports',
    cluster([
      ...db(),
      service({
        name: 'db',
        ports: [
          { name: 'http', port: 80, targetPort: 'http' },
          { name: 'admin', port: 8081, targetPort: 'admin' },
        ],
      }),
    ]),
    ['ports/named-port-unresolved'],
  );
  scenario('healthy: numbers that nobody declares', cluster([...db({ ports: [] }), named(8080)]), []);
  scenario(
    'healthy: TCP and UDP under one name',
    cluster([
      ...db({
        ports: [
          { name: 'dns', containerPort: 53, protocol: 'UDP' },
          { name: 'dns', containerPort: 53 },
        ],
      }),
      service({
        name: 'db',
        ports: [
          { name: 'udp', port: 53, protocol: 'UDP', targetPort: 'dns' },
          { name: 'tcp', port: 53, targetPort: 'dns' },
        ],
      }),
    ]),
    [],
  );
  const sidecar = workload({
    name: 'db',
    container: { ports: [] },
    spec: {
      initContainers: [{ name: 'proxy', restartPolicy: 'Always', ports: [{ name: 'http', containerPort: 8080 }] }],
    },
  });
  const unset = slicesFor(named('http'), podsIn(sidecar)).map((slice) =>
    change(slice, (draft) => void (draft.ports = null)),
  );
  scenario(
    'in a native sidecar, before 1.32',
    { ...cluster([...sidecar, named('http'), ...unset]), serverVersion: 'v1.30.4' },
    ['ports/named-port-in-sidecar'],
  );
  const { serverVersion: _unknown, ...unversioned } = cluster([...sidecar, named('http'), ...unset]);
  scenario('in a native sidecar, and only the slice shows that nobody looks there', unversioned, [
    'ports/named-port-in-sidecar',
  ]);
  scenario('healthy: in a native sidecar, since 1.32', cluster([...sidecar, named('http')]), []);
  scenario(
    'renamed in version 2',
    cluster([
      ...workload({ name: 'rates-v1', labels: { app: 'db', version: 'v1' } }),
      ...workload({
        name: 'rates-v2',
        labels: { app: 'db', version: 'v2' },
        container: { ports: [{ name: 'web', containerPort: 8080 }] },
      }),
      named('http'),
    ]),
    ['ports/named-port-missing-in-some-pods'],
  );
  scenario(
    'healthy: other numbers under one name',
    cluster([
      ...workload({ name: 'rates-v1', labels: { app: 'db', version: 'v1' } }),
      ...workload({
        name: 'rates-v2',
        labels: { app: 'db', version: 'v2' },
        container: { ports: [{ name: 'http', containerPort: 9090 }] },
      }),
      named('http'),
    ]),
    [],
  );
});

describe('who listens', () => {
  const own = db();
  scenario('nobody on targetPort', cluster([...own, named(8000)], listens(own)), ['ports/nobody-listens']);
  scenario('only localhost', cluster([...own, named(8080)], listens(own, { address: '127.0.0.1' })), [
    'ports/bound-to-loopback',
  ]);
  scenario('only localhost, of IPv6', cluster([...own, named(8080)], listens(own, { address: '::1' })), [
    'ports/bound-to-loopback',
  ]);
  scenario('only UDP', cluster([...own, named(8080)], listens(own, { protocol: 'UDP' })), ['ports/wrong-protocol']);
  scenario(
    'healthy: on all addresses of IPv6, which takes IPv4 too',
    cluster([...own, named(8080)], listens(own, { address: '::' })),
    [],
  );
  scenario(
    'healthy: on another number than the declared one',
    cluster([...db({ ports: [{ containerPort: 9999 }] }), named(3000)], listens(db(), { port: 3000 })),
    [],
  );
  const two = workload({ name: 'db', replicas: 2 });
  const [first, second] = podsIn(two);
  const tables = listens(two);
  scenario(
    'one of two Pods does not',
    cluster(
      [...two, named(8080)],
      tables.map((table, index) => (index === 1 && table.kind === 'Listeners' ? { ...table, sockets: [] } : table)),
    ),
    ['ports/nobody-listens'],
  );
  const refused = (of: Pod | undefined, port: number, outcome: 'refused' | 'connected' = 'refused'): Observation => ({
    kind: 'Connect',
    from: { node: 'node-a' },
    to: { address: of?.status?.podIP ?? '', port, protocol: 'TCP' },
    outcome,
  });
  scenario(
    'a refused connection to each Pod',
    cluster([...two, named(8000)], [refused(first, 8000), refused(second, 8000)]),
    ['ports/nobody-listens'],
  );
  scenario(
    'a port-forward is accepted, the Pod address refuses',
    cluster(
      [...own, named(8080)],
      [
        refused(podsIn(own)[0], 8080),
        {
          kind: 'Connect',
          from: { portForward: true },
          to: { address: podsIn(own)[0]?.status?.podIP ?? '', port: 8080, protocol: 'TCP' },
          outcome: 'connected',
        },
      ],
    ),
    ['ports/bound-to-loopback'],
  );
  scenario(
    'netstat in the Pod shows localhost',
    cluster(
      [...own, named(8080)],
      [
        {
          kind: 'Exec',
          pod: { namespace: 'demo', name: podsIn(own)[0]?.metadata.name ?? '' },
          command: ['netstat', '-lnt'],
          exitCode: 0,
          output:
            'Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State\ntcp        0      0 127.0.0.1:8080          0.0.0.0:*               LISTEN\n',
        },
      ],
    ),
    ['ports/bound-to-loopback'],
  );
  scenario(
    'one port of two',
    cluster(
      [
        ...own,
        service({
          name: 'db',
          ports: [
            { name: 'http', port: 80, targetPort: 8080 },
            { name: 'metrics', port: 9090, targetPort: 9090 },
          ],
        }),
      ],
      listens(own),
    ),
    ['ports/nobody-listens'],
  );
  const dual = own.map((object) =>
    object.kind === 'Pod'
      ? change(
          object as Pod,
          ({ status }) => void (status && (status.podIPs = [{ ip: '10.244.1.9' }, { ip: 'fd00:10:244::9' }])),
        )
      : object,
  );
  const dualService = service({
    name: 'db',
    spec: { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'PreferDualStack' },
  });
  scenario('IPv4 only, behind a dual-stack Service', cluster([...dual, dualService], listens(dual)), [
    'ports/bound-to-one-family',
  ]);
  scenario(
    'IPv4 only, behind an IPv6 Service',
    cluster([...dual, service({ name: 'db', spec: { ipFamilies: ['IPv6'] } })], listens(dual)),
    ['ports/bound-to-one-family'],
  );
});

describe('what the Pods say of themselves', () => {
  scenario(
    'declared, probed with success, and not the targetPort',
    cluster([...db({ readinessProbe: { httpGet: { path: '/', port: 8080 } } }), named(8000)]),
    ['ports/declared-elsewhere'],
  );
  scenario(
    'nginx on its own port',
    cluster([...db({ image: 'nginx:1.27', ports: [{ containerPort: 80 }] }), named(8111, 8111)]),
    ['ports/declared-elsewhere'],
  );
  scenario(
    'PORT=3000',
    cluster([...db({ env: [{ name: 'PORT', value: '3000' }], ports: [{ containerPort: 3000 }] }), named(8080)]),
    ['ports/declared-elsewhere'],
  );
  scenario('port and targetPort swapped', cluster([...db(), named(80, 8080)]), ['ports/declared-elsewhere']);
  scenario(
    'healthy: a sidecar with metrics beside an app that declares nothing',
    cluster([
      ...workload({
        name: 'db',
        spec: {
          containers: [
            { name: 'db', image: 'example/db:1' },
            { name: 'exporter', ports: [{ containerPort: 9113 }], readinessProbe: { httpGet: { port: 9113 } } },
          ],
        },
      }),
      named(8080),
    ]),
    [],
  );
  scenario(
    'healthy: only the metrics port is declared and probed',
    cluster([
      ...db({ ports: [{ name: 'metrics', containerPort: 9090 }], readinessProbe: { httpGet: { port: 'metrics' } } }),
      named(8080),
    ]),
    [],
  );
  scenario(
    'told to bind localhost',
    cluster([...db({ args: ['--host', '127.0.0.1', '--port', '8080'] }), named(8080)]),
    ['ports/told-to-bind-loopback'],
  );
  scenario(
    'flask run',
    cluster([...db({ command: ['flask', 'run'], ports: [{ containerPort: 5000 }] }), named(5000)]),
    ['ports/told-to-bind-loopback'],
  );
  scenario(
    'manage.py runserver',
    cluster([...db({ command: ['python', 'manage.py', 'runserver', '8000'], ports: [] }), named(8000)]),
    ['ports/told-to-bind-loopback'],
  );
  scenario(
    'healthy: manage.py runserver 0.0.0.0:8000',
    cluster([...db({ command: ['python', 'manage.py', 'runserver', '0.0.0.0:8000'], ports: [] }), named(8000)]),
    [],
  );
  scenario(
    'healthy: uvicorn with --host 0.0.0.0',
    cluster([...db({ command: ['uvicorn', 'main:app', '--host', '0.0.0.0', '--port', '8080'] }), named(8080)]),
    [],
  );
  scenario(
    'healthy: localhost for the sidecar that it talks to',
    cluster([
      ...db({
        env: [
          { name: 'DB_HOST', value: '127.0.0.1' },
          { name: 'ADMIN_ADDR', value: '127.0.0.1:9901' },
        ],
      }),
      named(8080),
    ]),
    [],
  );
  scenario(
    'healthy: uvicorn on localhost behind a proxy in the same Pod',
    cluster([
      ...workload({
        name: 'db',
        spec: {
          containers: [
            { name: 'nginx', image: 'nginx:1.27', ports: [{ name: 'http', containerPort: 80 }] },
            { name: 'app', command: ['uvicorn', 'main:app'], ports: [{ containerPort: 8000 }] },
          ],
        },
      }),
      named(80),
    ]),
    [],
  );
  scenario(
    'syslog by UDP, TCP by default in the Service',
    cluster([
      ...db({ ports: [{ containerPort: 514, protocol: 'UDP' }] }),
      service({ name: 'db', ports: [{ name: 'syslog', port: 514, targetPort: 514 }] }),
    ]),
    ['ports/wrong-protocol'],
  );
  scenario(
    'healthy: one number for both protocols',
    cluster([
      ...db({ ports: [{ containerPort: 53, protocol: 'UDP' }] }),
      service({
        name: 'db',
        ports: [
          { name: 'udp', port: 53, protocol: 'UDP' },
          { name: 'tcp', port: 53 },
        ],
      }),
    ]),
    [],
  );
});

describe('headless', () => {
  const headless = (targetPort: number | string) =>
    service({ name: 'db', ports: [{ name: 'http', port: 80, targetPort }], spec: { clusterIP: 'None' } });
  const client = (value: string) =>
    workload({ name: 'api', container: { ports: [], env: [{ name: 'DB_URL', value }] } });
  scenario(
    'the client calls the Service port',
    cluster([...db(), headless('http'), ...client('http://db:80')]),
    ['ports/headless-port-remap'],
    { from: 'demo/Deployment/api' },
  );
  scenario(
    'the client leaves the port out',
    cluster([...db(), headless(8080), ...client('http://db')]),
    ['ports/headless-port-remap'],
    { from: 'demo/Deployment/api' },
  );
  scenario(
    'healthy: the client calls the port of the Pods',
    cluster([...db(), headless(8080), ...client('http://db:8080')]),
    [],
    { from: 'demo/Deployment/api' },
  );
  scenario('nobody is known to call', cluster([...db(), headless(8080)]), ['ports/headless-port-remap']);
  scenario(
    'healthy: the same number',
    cluster([
      ...db(),
      service({ name: 'db', ports: [{ port: 8080, targetPort: 'http' }], spec: { clusterIP: 'None' } }),
    ]),
    [],
  );
  const set = workload({ name: 'db', kind: 'StatefulSet' });
  scenario(
    'the name of one Pod, though the Service has an address',
    cluster([...set, named(8080), ...client('http://db-0.db:80')]),
    ['ports/headless-port-remap'],
    { from: 'demo/Deployment/api' },
  );
});
