import check from '../../../src/checks/name/misspelt.ts';
import { service } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { ordersDb, postgresPorts, told } from '../../kit/told.ts';

examples(check, {
  'a letter too few': { ...told('order-db.demo'), says: { summary: ['order-db', 'orders-db'], certainty: 'certain' } },
  'an underscore': {
    ...told('orders_db', ordersDb, 'demo'),
    says: { summary: ['orders_db', 'orders-db'], certainty: 'certain' },
  },
  'upper case, which DNS does not mind': { ...told('Orders-DB.demo'), says: 'passed' },
  'the name of another Service': {
    ...told('orders-dbs.demo', [...ordersDb, service({ name: 'orders-dbs', ports: postgresPorts })]),
    says: 'passed',
  },
  'a near name from another namespace': {
    ...told('orderz-db'),
    says: { summary: ['orderz-db', 'orders-db'], certainty: 'certain' },
  },
});
