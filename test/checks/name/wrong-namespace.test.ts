import check from '../../../src/checks/name/wrong-namespace.ts';
import { namespace, service } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { ordersDb, postgresPorts, told } from '../../kit/told.ts';

examples(check, {
  'a namespace that does not exist': {
    ...told('orders-db.prod'),
    says: { summary: ['ORDERS_DB_HOST', 'there is no namespace prod', 'demo'], certainty: 'certain' },
  },
  'a namespace that exists without it, in a full name': {
    ...told('orders-db.default.svc.cluster.local', [...ordersDb, namespace('default')]),
    says: { summary: ['namespace default has no Service orders-db', 'demo'], certainty: 'certain' },
  },
  'its own namespace': { ...told('orders-db.demo.svc.cluster.local'), says: 'passed' },
  'another namespace that has one of its own': {
    ...told('orders-db.prod', [...ordersDb, service({ namespace: 'prod', name: 'orders-db', ports: postgresPorts })]),
    says: 'passed',
  },
  'a public name that begins alike': { ...told('orders-db.example.com'), says: 'passed' },
});
