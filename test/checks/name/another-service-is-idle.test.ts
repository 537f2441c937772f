import check from '../../../src/checks/name/another-service-is-idle.ts';
import { service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { ordersDb, postgresPorts, told } from '../../kit/told.ts';

const staging = (replicas: number) => [
  ...workload({ namespace: 'staging', name: 'orders-db', replicas }),
  service({ namespace: 'staging', name: 'orders-db', ports: postgresPorts }),
];
const old = (replicas: number) => [
  ...workload({ name: 'orders-db-12', replicas }),
  service({ name: 'orders-db-12', ports: postgresPorts }),
];

examples(check, {
  'the namesake of another namespace has no Pods': {
    ...told('orders-db.staging.svc.cluster.local', [...ordersDb, ...staging(0)], 'demo'),
    says: {
      summary: ['ORDERS_DB_HOST', 'orders-db of namespace staging has no ready endpoint', 'orders-db of demo'],
      certainty: 'likely',
      impact: 'breaks',
    },
  },
  'the Service of an earlier version has no Pods': {
    ...told('orders-db-12', [...ordersDb, ...old(0)], 'demo'),
    says: { summary: ['ORDERS_DB_HOST says orders-db-12', 'no ready endpoint'], certainty: 'likely' },
  },
  'the namesake serves': {
    ...told('orders-db.staging', [...ordersDb, ...staging(1)], 'demo'),
    says: 'passed',
  },
  'the earlier version serves': { ...told('orders-db-12', [...ordersDb, ...old(1)], 'demo'), says: 'passed' },
  'an idle Service of quite another name': {
    ...told(
      'ledger',
      [...ordersDb, ...workload({ name: 'ledger', replicas: 0 }), service({ name: 'ledger', ports: postgresPorts })],
      'demo',
    ),
    says: 'passed',
  },
  'the right one': { ...told('orders-db', [...ordersDb, ...staging(0)], 'demo'), says: 'passed' },
});
