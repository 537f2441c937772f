import check from '../../../src/checks/name/another-service-answers.ts';
import { pod, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { ordersDb, postgresPorts, told } from '../../kit/told.ts';

examples(check, {
  'the client’s namespace has one of the same name': {
    ...told('orders-db', [
      ...ordersDb,
      ...workload({ namespace: 'shop', name: 'orders-db' }),
      service({ namespace: 'shop', name: 'orders-db', ports: postgresPorts }),
    ]),
    says: { summary: ['shop', 'orders-db', 'namespace demo'], certainty: 'likely' },
  },
  'an alias that leads somewhere else': {
    ...told('orders-db', [
      ...ordersDb,
      service({
        namespace: 'shop',
        name: 'orders-db',
        selector: null,
        spec: { type: 'ExternalName', externalName: 'orders-db.prod.svc.cluster.local', clusterIP: '', clusterIPs: [] },
      }),
    ]),
    says: { summary: ['alias of orders-db.prod.svc.cluster.local'], certainty: 'likely' },
  },
  'an alias of the Service': {
    ...told('orders-db', [
      ...ordersDb,
      service({
        namespace: 'shop',
        name: 'orders-db',
        selector: null,
        spec: { type: 'ExternalName', externalName: 'orders-db.demo.svc.cluster.local', clusterIP: '', clusterIPs: [] },
      }),
    ]),
    says: 'passed',
  },
  'the same namespace': { ...told('orders-db', ordersDb, 'demo'), says: 'passed' },
  'a Service called like the other namespace, with a Pod called like the Service': {
    ...told('orders-db.demo', [
      ...ordersDb,
      service({
        namespace: 'shop',
        name: 'demo',
        selector: { app: 'x' },
        spec: { clusterIP: 'None', clusterIPs: ['None'] },
      }),
      pod({
        namespace: 'shop',
        name: 'orders-db',
        labels: { app: 'x' },
        spec: { hostname: 'orders-db', subdomain: 'demo' },
      }),
    ]),
    says: { summary: ['orders-db.demo', 'Service demo of shop', 'namespace demo'], certainty: 'likely' },
  },
  'a Service called like the other namespace, without such a Pod': {
    ...told('orders-db.demo', [
      ...ordersDb,
      service({
        namespace: 'shop',
        name: 'demo',
        selector: { app: 'x' },
        spec: { clusterIP: 'None', clusterIPs: ['None'] },
      }),
    ]),
    says: 'passed',
  },
});
