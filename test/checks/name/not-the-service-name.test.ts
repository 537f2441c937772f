import check from '../../../src/checks/name/not-the-service-name.ts';
import { cluster, pod, service, workload } from '../../kit/cluster.ts';
import { caller } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';
import { ordersDb, postgresPorts, told } from '../../kit/told.ts';

/** A database with one Service for writing, one for reading and one for its Pods. */
const memcached = [
  ...workload({ kind: 'StatefulSet', name: 'memcached', replicas: 2 }),
  service({
    name: 'memcached',
    ports: [{ name: 'mc', port: 11211, targetPort: 11211 }],
    spec: { clusterIP: 'None', clusterIPs: ['None'] },
  }),
];
const replicated = [
  ...workload({ name: 'postgres', container: { ports: [{ containerPort: 5432 }] } }),
  ...['postgres-rw', 'postgres-ro', 'postgres-nodes'].map((name) =>
    service({ name, selector: { app: 'postgres' }, ports: postgresPorts }),
  ),
];
const elasticsearch = [
  ...workload({
    name: 'elk-elasticsearch-client',
    namespace: 'logging',
    container: { ports: [{ containerPort: 9200 }] },
  }),
  service({ name: 'elk-elasticsearch-client', namespace: 'logging', ports: [{ port: 9200, targetPort: 9200 }] }),
];

examples(check, {
  'the name of the Deployment': {
    ...told(
      'postgres',
      [
        ...workload({ name: 'postgres' }),
        service({ name: 'orders-db', selector: { app: 'postgres' }, ports: postgresPorts }),
      ],
      'demo',
    ),
    says: {
      summary: ['postgres', 'Deployment', 'orders-db'],
      certainty: 'certain',
      evidence: ['deployment/postgres metadata.name: postgres'],
    },
  },
  'the name of a Pod': {
    ...told(
      'pg-0',
      [
        pod({ name: 'pg-0', labels: { app: 'pg' }, spec: { containers: [{ name: 'server' }] } }),
        service({ name: 'orders-db', selector: { app: 'pg' }, ports: postgresPorts }),
      ],
      'demo',
    ),
    says: { summary: ['pg-0', 'Pod', 'orders-db'], certainty: 'certain' },
  },
  'the name without its release': {
    ...told('postgresql.demo', [
      ...workload({ name: 'shop-postgresql' }),
      service({ name: 'shop-postgresql', ports: postgresPorts }),
    ]),
    target: 'demo/shop-postgresql',
    says: { summary: ['postgresql.demo', 'shop-postgresql'], certainty: 'certain' },
  },
  'a name that is the scheme as well': {
    ...caller({ DATABASE_URL: 'postgres://postgres:5432/app' }, [
      ...workload({ name: 'db', container: { ports: [{ containerPort: 5432 }] } }),
      service({ name: 'db', ports: postgresPorts }),
    ]),
    target: 'demo/db',
    says: { summary: ['postgres', 'db'], certainty: 'likely' },
  },
  'another name, and the setting speaks of it': {
    ...told('database', ordersDb, 'demo'),
    says: { summary: ['database', 'orders-db'], certainty: 'likely' },
  },
  'another name, and the setting speaks of it more than of others': {
    ...told('database', [...ordersDb, service({ name: 'users-db', ports: postgresPorts })], 'demo'),
    says: { summary: ['database', 'orders-db'], certainty: 'likely' },
  },
  'another name, and another Service fits better': {
    ...told('database', [...ordersDb, service({ name: 'users-db', ports: postgresPorts })], 'demo'),
    target: 'demo/users-db',
    says: 'passed',
  },
  'one of several Services of the same database': {
    ...caller(
      [
        { name: 'DB_HOST', value: 'postgres-primary' },
        { name: 'DB_URL', value: 'postgres://app:pw@$(DB_HOST):5432/app' },
      ],
      replicated,
    ),
    target: 'demo/postgres-rw',
    says: {
      summary: ['DB_HOST says postgres-primary', 'the Service is called postgres-rw'],
      certainty: 'likely',
      evidence: ['DB_HOST=postgres-primary', 'DB_URL='],
    },
  },
  'one of several Services of the same database, which is called elsewhere': {
    ...caller({ DB_URL: 'postgres://postgres-rw/app', OLD_URL: 'postgres://postgres-primary/app' }, replicated),
    target: 'demo/postgres-rw',
    says: 'passed',
  },
  'one of several Services of the same database, and another begins more alike': {
    ...caller({ DB_URL: 'postgres://postgres-read-only/app' }, [
      ...replicated,
      service({ name: 'postgres-read-pool', selector: { app: 'postgres' }, ports: postgresPorts }),
    ]),
    target: 'demo/postgres-rw',
    says: 'passed',
  },
  'the same thing in other words': {
    ...caller({ START: 'http://report-api/build' }, [...workload({ name: 'reports' }), service({ name: 'reports' })]),
    target: 'demo/reports',
    says: { summary: ['START says report-api', 'the Service is called reports'], certainty: 'likely' },
  },
  'the same thing in other words, and another Service is called so too': {
    ...caller({ START: 'http://report-api/build' }, [
      ...workload({ name: 'reports' }),
      service({ name: 'reports' }),
      service({ name: 'report-server' }),
    ]),
    target: 'demo/reports',
    says: 'passed',
  },
  'something else that begins alike': {
    ...caller({ START: 'http://report-cache/build' }, [...workload({ name: 'reports' }), service({ name: 'reports' })]),
    target: 'demo/reports',
    says: 'passed',
  },
  'Pods of a StatefulSet without their Service': {
    ...caller({ CACHES: 'memcached-0:11211,memcached-1:11211' }, memcached),
    target: 'demo/memcached',
    says: {
      summary: ['memcached-0, which is the name of a Pod', 'the Pod is called memcached-0.memcached'],
      certainty: 'certain',
    },
  },
  'Pods of a StatefulSet behind their Service': {
    ...caller({ CACHES: 'memcached-0.memcached:11211,memcached-1.memcached:11211' }, memcached),
    target: 'demo/memcached',
    says: 'passed',
  },
  'a name that is wrong in both parts': {
    ...caller({ OUTPUT: 'http://elasticsearch-client.default.svc.cluster.local:9200' }, elasticsearch),
    target: 'logging/elk-elasticsearch-client',
    says: {
      summary: [
        'elasticsearch-client.default',
        'the Service is called elk-elasticsearch-client and is in namespace logging',
      ],
      certainty: 'likely',
    },
  },
  'a name that is wrong in both parts, and means another as well': {
    ...caller({ OUTPUT: 'http://elasticsearch-client.default.svc.cluster.local:9200' }, [
      ...elasticsearch,
      service({ name: 'old-elasticsearch-client', namespace: 'archive', ports: [{ port: 9200 }] }),
    ]),
    target: 'logging/elk-elasticsearch-client',
    says: 'passed',
  },
  'a name that is wrong in both parts, at a port of something else': {
    ...caller({ OUTPUT: 'http://elasticsearch-client.default.svc.cluster.local:9300' }, elasticsearch),
    target: 'logging/elk-elasticsearch-client',
    says: 'passed',
  },
  'a setting of something else': {
    given: cluster([
      ...ordersDb,
      ...workload({
        name: 'cart',
        container: {
          env: [
            { name: 'SMTP_HOST', value: 'mailhub' },
            { name: 'ORDERS_DB_HOST', value: 'orders-db' },
          ],
        },
      }),
    ]),
    target: 'demo/orders-db',
    from: 'demo/deploy/cart',
    says: 'passed',
  },
  'a value that was redacted': { ...told('REDACTED', ordersDb, 'demo'), says: 'passed' },
});
