import { describe } from 'vitest';
import { cluster, namespace, service, workload } from '../kit/cluster.ts';
import { scenario } from '../kit/scenario.ts';
import { called, database, ordersDb, postgresPorts, told } from '../kit/told.ts';

const from = 'shop/deploy/cart';
const at = { target: 'demo/orders-db', from };
const home = { target: 'demo/orders-db', from: 'demo/deploy/cart' };

describe('the client has the wrong name', () => {
  scenario(
    'the bare name from another namespace',
    told('orders-db').given,
    ['name/short-name-from-another-namespace'],
    at,
  );
  scenario(
    'a namespace that is not there',
    told('orders-db.prod.svc.cluster.local').given,
    ['name/wrong-namespace'],
    at,
  );
  scenario(
    'copied from the default namespace',
    told('orders-db.default', [...ordersDb, namespace('default')]).given,
    ['name/wrong-namespace'],
    at,
  );
  scenario(
    'namespace and Service swapped',
    told('demo.orders-db.svc.cluster.local').given,
    ['name/swapped-with-namespace'],
    at,
  );
  scenario(
    'cluster.local, hard-coded',
    called('k8s.corp.internal', told('orders-db.demo.svc.cluster.local').given),
    ['name/wrong-cluster-domain'],
    at,
  );
  scenario('without svc', told('orders-db.demo.cluster.local').given, ['name/malformed'], at);
  scenario('an underscore from compose', told('orders_db', ordersDb, 'demo').given, ['name/misspelt'], home);
  scenario('one letter', told('order-db.demo').given, ['name/misspelt'], at);
  scenario(
    'the chart’s name without its release',
    told('postgresql', database('demo', 'orders-postgresql'), 'demo').given,
    ['name/not-the-service-name'],
    { target: 'demo/orders-postgresql', from: 'demo/deploy/cart' },
  );
  scenario(
    'the Deployment’s name',
    told(
      'pg',
      [
        ...workload({ name: 'pg', container: { ports: [{ containerPort: 5432 }] } }),
        service({ name: 'orders-db', selector: { app: 'pg' }, ports: postgresPorts }),
      ],
      'demo',
    ).given,
    ['name/not-the-service-name'],
    home,
  );
  scenario(
    'another Service of the same name is nearer',
    told('orders-db', [...ordersDb, ...database('shop', 'orders-db')]).given,
    ['name/another-service-answers'],
    at,
  );
  scenario('no Service at all', cluster(workload({ name: 'orders-db' })), ['name/no-such-service'], {
    target: 'demo/orders-db',
  });
  scenario(
    'no Service here, one there',
    cluster([
      namespace('demo'),
      ...workload({ namespace: 'data', name: 'orders-db' }),
      service({ namespace: 'data', name: 'orders-db' }),
    ]),
    ['name/no-such-service'],
    { target: 'demo/orders-db' },
  );
});

describe('healthy names', () => {
  for (const host of [
    'orders-db.demo',
    'orders-db.demo.svc',
    'orders-db.demo.svc.cluster.local',
    'orders-db.demo.svc.cluster.local.',
  ])
    scenario(host, told(host).given, [], at);
  scenario('the bare name at home', told('orders-db', ordersDb, 'demo').given, [], home);
  scenario('another database altogether', told('db.example.com').given, [], at);
  scenario(
    'an alias in the client’s namespace',
    told('orders-db', [
      ...ordersDb,
      service({
        namespace: 'shop',
        name: 'orders-db',
        selector: null,
        spec: { type: 'ExternalName', externalName: 'orders-db.demo.svc.cluster.local', clusterIP: '', clusterIPs: [] },
      }),
    ]).given,
    [],
    at,
  );
});
