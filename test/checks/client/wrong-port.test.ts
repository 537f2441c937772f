import check from '../../../src/checks/client/wrong-port.ts';
import type { ConfigMap } from '../../../src/k8s/objects.ts';
import { service, workload } from '../../kit/cluster.ts';
import { billing, caller, postgres } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';

/** The bootstrap file of an Envoy with these upstreams. */
const bootstrap = (upstreams: readonly (readonly [host: string, port: number])[]): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'envoy', namespace: 'demo' },
  data: {
    'envoy.yaml': [
      'static_resources:',
      '  listeners:',
      '  - address: {socket_address: {address: 0.0.0.0, port_value: 8080}}',
      '  clusters:',
      ...upstreams.flatMap(([host, port]) => [
        `  - name: ${host}`,
        '    load_assignment:',
        '      endpoints:',
        '      - lb_endpoints:',
        '        - endpoint:',
        '            address:',
        '              socket_address:',
        `                address: ${host}`,
        `                port_value: ${port}`,
      ]),
    ].join('\n'),
  },
});

const envoy = (upstreams: readonly (readonly [host: string, port: number])[]) =>
  caller(
    {},
    [...billing(), bootstrap(upstreams)],
    { volumeMounts: [{ name: 'config', mountPath: '/etc/envoy' }] },
    { volumes: [{ name: 'config', configMap: { name: 'envoy' } }] },
  );

examples(check, {
  'a port that nobody has': {
    ...caller({ BILLING_URL: 'http://billing:3000' }),
    says: {
      summary: ['BILLING_URL', 'no port 3000', '80'],
      certainty: 'certain',
      evidence: ['service/billing spec.ports: http 80/TCP'],
    },
  },
  'https without a port, to a Service without 443': {
    ...caller({ BILLING_URL: 'https://billing' }),
    says: { summary: ['which means port 443', 'only 80'], certainty: 'certain' },
  },
  'the usual port of a database that has another': {
    ...caller({ DATABASE_URL: 'postgres://app:secret@postgres/app' }, [
      ...workload({ name: 'postgres' }),
      service({ name: 'postgres', ports: [{ port: 6432, targetPort: 5433 }] }),
    ]),
    target: 'demo/postgres',
    says: { summary: ['DATABASE_URL', '5432', '6432'], certainty: 'likely', evidence: ['postgres://***@postgres/app'] },
  },
  'a port that the Pods declare and the Service leaves out': {
    ...caller({ METRICS_URL: 'http://billing:9100/metrics' }, [
      ...workload({
        name: 'billing',
        container: { ports: [{ containerPort: 8080 }, { name: 'metrics', containerPort: 9100 }] },
      }),
      service({ name: 'billing' }),
    ]),
    says: { summary: ['9100', 'though its Pods declare it'], certainty: 'certain' },
  },
  'a database called like its scheme': {
    ...caller({ SPRING_DATASOURCE_URL: 'jdbc:postgresql://postgresql:5433/app?ssl=false' }, [
      ...workload({ name: 'postgresql' }),
      service({ name: 'postgresql', ports: [{ port: 5432 }] }),
    ]),
    target: 'demo/postgresql',
    says: { summary: ['SPRING_DATASOURCE_URL', 'no port 5433', 'only 5432'], certainty: 'certain' },
  },
  'host and port as the keywords of libpq': {
    ...caller({ REPORTS_DB: 'host=postgres port=5433 user=postgres dbname=postgres' }, postgres),
    target: 'demo/postgres',
    says: { summary: ['REPORTS_DB', 'postgres:5433', 'only 5432'], certainty: 'certain' },
  },
  'host and port as the keywords of libpq, in one argument': {
    ...caller({}, postgres, { args: ['host=postgres port=5433 dbname=app'] }),
    target: 'demo/postgres',
    says: { summary: ['args[0] of container gateway', 'postgres:5433'], certainty: 'certain' },
  },
  'a connection string of .NET': {
    ...caller({ ConnectionStrings__Orders: 'Server=tcp:sql,1434;Database=orders;User Id=sa' }, [
      ...workload({ name: 'sql' }),
      service({ name: 'sql', ports: [{ port: 1433 }] }),
    ]),
    target: 'demo/sql',
    says: { summary: ['ConnectionStrings__Orders', 'sql:1434', 'only 1433'], certainty: 'certain' },
  },
  'a target as gRPC writes it': {
    ...caller({ BILLING_GRPC_TARGET: 'dns:///billing:50051' }),
    says: {
      summary: ['BILLING_GRPC_TARGET calls billing:50051', 'no port 50051', 'only 80'],
      certainty: 'certain',
      evidence: ['dns:///billing:50051'],
    },
  },
  'a target as gRPC writes it, with the DNS server to ask': {
    ...caller({ BILLING_GRPC_TARGET: 'dns://10.96.0.10/billing:50051' }),
    says: { summary: ['billing:50051', 'only 80'], certainty: 'certain' },
  },
  'a target as gRPC writes it, at the right port': {
    ...caller({ BILLING_GRPC_TARGET: 'dns:///billing:80' }),
    says: 'passed',
  },
  'the upstream of an Envoy': {
    ...envoy([
      ['ledger', 9000],
      ['billing', 10000],
    ]),
    says: { summary: ['billing:10000', 'only 80'], certainty: 'certain', evidence: ['port_value=10000'] },
  },
  'the upstream of an Envoy, at the right port': {
    ...envoy([
      ['ledger', 9000],
      ['billing', 80],
    ]),
    says: 'passed',
  },
  'the wrong number in a variable of its own': {
    ...caller({ DB_HOST: 'postgres', DB_PORT: '3306' }, postgres),
    target: 'demo/postgres',
    says: {
      summary: ['DB_HOST and DB_PORT call postgres:3306', 'only 5432'],
      certainty: 'certain',
      evidence: ['DB_PORT=3306'],
    },
  },
  'an init container that waits at the wrong port': {
    ...caller(
      {},
      postgres,
      {},
      {
        initContainers: [{ name: 'wait-db', command: ['sh', '-c', 'until nc -z postgres 5433; do sleep 1; done'] }],
      },
    ),
    target: 'demo/postgres',
    says: { summary: ['command[2] of init container wait-db', 'postgres:5433'], certainty: 'certain' },
  },
  'an alias, which has no ports of its own': {
    ...caller({ BILLING_URL: 'http://billing:3000' }, [
      service({ name: 'billing', selector: null, spec: { type: 'ExternalName', externalName: 'billing.example.com' } }),
    ]),
    says: 'not-applicable',
  },
  'one of several ports': {
    ...caller(
      { BILLING_GRPC: 'billing:9000' },
      billing({
        ports: [
          { name: 'http', port: 80 },
          { name: 'grpc', port: 9000 },
        ],
      }),
    ),
    says: 'passed',
  },
  'a database at its usual port': {
    ...caller({ DATABASE_URL: 'postgres://postgres/app' }, postgres),
    target: 'demo/postgres',
    says: 'passed',
  },
});
