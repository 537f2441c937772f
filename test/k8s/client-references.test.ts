import { describe, expect, test } from 'vitest';
import {
  addressesIn,
  addressesInCommands,
  announcesHost,
  referencesIn,
  withoutCredentials,
} from '../../src/k8s/client-references.ts';
import { settingsOf } from '../../src/k8s/client-settings.ts';
import type { ConfigMap, Pod } from '../../src/k8s/objects.ts';
import { pod } from '../kit/cluster.ts';

describe('addresses in a value', () => {
  test.each([
    ['http://db:8080/x', '', ['db:8080']],
    ['postgres://app:p@ss@db:5432/app', '', ['db:5432']],
    ['mongodb://u:p@m-0.m:27017,m-1.m:27017/x', '', ['m-0.m:27017', 'm-1.m:27017']],
    ['jdbc:sqlserver://sql:1433;databaseName=x', '', ['sql:1433']],
    ['jdbc:oracle:thin:@//ora:1521/XE', '', ['ora:1521']],
    ['app:pw@tcp(db:3306)/x', '', ['db:3306']],
    ['host=db port=5432 user=x', '', ['db:5432']],
    ["user=x host='db' port='5432'", 'DSN', ['db:5432']],
    ['Host=db;Port=5432;Username=x', 'ConnectionStrings__Main', ['db:5432']],
    ['Data Source=sql,1433;Initial Catalog=x', '', ['sql:1433']],
    ['Server=tcp:sql,1433;Database=x;User Id=sa', '', ['sql:1433']],
    ['kafka-0.kafka:9092,kafka-1.kafka:9092', '', ['kafka-0.kafka:9092', 'kafka-1.kafka:9092']],
    ['http://a:80,http://b:81', '', ['a:80', 'b:81']],
    ['http://[fd00::7]:80', '', ['fd00::7:80']],
    ['db.demo.svc.cluster.local', 'ANYTHING', ['db.demo.svc.cluster.local']],
    ['db', 'DB_HOST', ['db']],
    ['db', 'DB_NAME', []],
    ['2026-03-02 10:30:00', '', []],
    ['/healthz', 'PATH', []],
    ['checkout', 'OTEL_SERVICE_NAME', []],
    ['http://$HOST:80', '', []],
    ['dns:///orders:50051', '', ['orders:50051']],
    ['dns:orders:50051', '', ['orders:50051']],
    ['dns://10.96.0.10/orders.shop:50051', 'ORDERS_TARGET', ['orders.shop:50051']],
    ['dns:///orders.shop.svc.cluster.local.', '', ['orders.shop.svc.cluster.local.']],
    ['passthrough:///orders:50051', '', ['orders:50051']],
    ['dns:///a:50051,dns:///b:50052', '', ['a:50051', 'b:50052']],
    ['xds:///orders', '', []],
    ['{socket_address: {address: app, port_value: 8080}}', 'endpoint.address', ['app:8080']],
    ['{ "address": "app", "portValue": 8080 }', '', ['app:8080']],
  ] as const)('%s %s', (value, key, expected) => {
    expect(addressesIn(value, key).map(({ host, port }) => (port === undefined ? host : `${host}:${port}`))).toEqual(
      expected,
    );
  });

  test.each([
    ['until nc -z db 5432; do sleep 1; done', ['db:5432']],
    ['ping etcd', ['etcd']],
    ['psql -h db -p 5433 -U x', ['db:5433']],
    ['until pg_isready --host=db --port=5432; do echo waiting; done', ['db:5432']],
    ['curl -s -o /dev/null api/health', ['api']],
  ] as const)('%s', (line, expected) => {
    expect(addressesInCommands(line).map(({ host, port }) => (port === undefined ? host : `${host}:${port}`))).toEqual(
      expected,
    );
  });
});

test('keys that announce a host', () => {
  for (const key of ['DB_HOST', 'PGHOST', 'dbHost', 'spring.redis.host', 'KAFKA_BROKERS', 'api-url'])
    expect(announcesHost(key)).toBe(true);
  for (const key of ['DB_NAME', 'SERVICE_NAME', 'LOG_LEVEL']) expect(announcesHost(key)).toBe(false);
});

test('passwords never leave', () => {
  for (const value of [
    'postgres://app:hunter2@db/x',
    'amqp://app:hunt@er2@rabbit',
    'app:hunter2@tcp(db:3306)/x',
    'host=db password=hunter2',
    'Server=db;Password=hunter2;Port=1',
    'guest:hunter2@rabbit:5672',
  ])
    expect(withoutCredentials(value)).not.toMatch(/hunt|er2/);
});

describe('what a client is told', () => {
  const config: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'app', namespace: 'demo' },
    data: {
      REDIS: 'redis:6379',
      'nginx.conf': 'server {\n  location / {\n    proxy_pass http://api:8080; # backend\n  }\n}\n',
    },
  };
  const client: Pod = pod({
    name: 'web',
    spec: {
      containers: [
        {
          name: 'web',
          command: ['/app', '--db-host', 'db', '--db-port=5432'],
          env: [
            { name: 'NS', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
            { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
            { name: 'AUTH_URL', value: 'http://x:$(PASSWORD)@auth.$(NS):80' },
            { name: 'CASSANDRA_CONTACT_POINTS', value: 'cassandra' },
            { name: 'CASSANDRA_PORT', value: '9042' },
          ],
          envFrom: [{ prefix: 'C_', configMapRef: { name: 'app' } }],
          volumeMounts: [{ name: 'conf', mountPath: '/etc/nginx' }],
        },
        { name: 'istio-proxy', env: [{ name: 'CA_ADDR', value: 'istiod.istio-system.svc:15012' }] },
      ],
      volumes: [{ name: 'conf', configMap: { name: 'app' } }],
    },
  });
  const found = referencesIn(settingsOf({ object: client, spec: client.spec, namespace: 'demo' }, [config]));
  const told = found.map(
    ({ host, port, setting }) => `${setting.path}${setting.line ? ` ${setting.line}` : ''} ${host}:${port}`,
  );

  test.each([
    'data.REDIS redis:6379',
    'data.nginx.conf 3 api:8080',
    'spec.containers[0].command[2] db:5432',
    'spec.containers[0].env[2].value auth.demo:80',
    'spec.containers[0].env[3].value cassandra:9042',
  ])('%s', (line) => expect(told).toContain(line));
  test('a mesh’s own container is nobody’s setting', () => expect(told.join()).not.toContain('istiod'));
});
