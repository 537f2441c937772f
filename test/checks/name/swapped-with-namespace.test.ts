import check from '../../../src/checks/name/swapped-with-namespace.ts';
import { examples } from '../../kit/examples.ts';
import { told } from '../../kit/told.ts';

examples(check, {
  'namespace first': {
    ...told('demo.orders-db'),
    says: { summary: ['demo.orders-db', 'orders-db.demo'], certainty: 'certain' },
  },
  'namespace first, in a full name': {
    ...told('demo.orders-db.svc.cluster.local'),
    says: { summary: ['orders-db.demo'], certainty: 'certain' },
  },
  'in order': { ...told('orders-db.demo'), says: 'passed' },
});
