import check from '../../../src/checks/name/not-the-service-name.ts';
import { cluster, pod, service, workload } from '../../kit/cluster.ts';
import { caller } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';
import { ordersDb, postgresPorts, told } from '../../kit/told.ts';

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
