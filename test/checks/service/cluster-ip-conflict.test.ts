import check from '../../../src/checks/service/cluster-ip-conflict.ts';
import { cluster, service } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event } from '../../kit/pod-states.ts';

const spec = { clusterIP: '10.96.11.7', clusterIPs: ['10.96.11.7'] };
const db = service({ name: 'db', spec });

examples(check, {
  'two Services with one address': {
    given: cluster([db, service({ namespace: 'shop', name: 'cart', spec })]),
    says: { summary: ['shop/service/cart', '10.96.11.7'], certainty: 'certain' },
  },
  'an address outside the range': {
    given: cluster([
      db,
      event(
        db,
        'ClusterIPOutOfRange',
        'Cluster IP [IPv4]: 10.96.11.7 is not within any configured Service CIDR; please recreate service',
      ),
    ]),
    says: { summary: ['ClusterIPOutOfRange'], certainty: 'certain' },
  },
  headless: {
    given: cluster([service({ name: 'db', spec: { clusterIP: 'None', clusterIPs: ['None'] } })]),
    says: 'not-applicable',
  },
  'an address of its own': { given: cluster([db, service({ name: 'cart' })]), says: 'passed' },
});
