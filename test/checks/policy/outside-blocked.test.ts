import check from '../../../src/checks/policy/outside-blocked.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { policy } from '../../kit/policies.ts';

const db = workload({ name: 'db' });
const balanced = (spec: object = {}) =>
  service({ name: 'db', spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Cluster', ...spec } });
const office = policy('demo/office', 'podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]');

examples(check, {
  'a block of the clients, and a rewritten source': {
    given: cluster([...db, balanced(), office]),
    says: {
      summary: ['office admits 203.0.113.0/24', '192.168.10.11', 'externalTrafficPolicy is Cluster'],
      certainty: 'likely',
      impact: 'degrades',
    },
  },
  'the source is kept': {
    given: cluster([...db, balanced({ externalTrafficPolicy: 'Local' }), office]),
    says: 'passed',
  },
  'a client inside was named': {
    given: cluster([...db, balanced(), office, ...workload({ name: 'api' })]),
    from: 'demo/Deployment/api',
    says: 'passed',
    detail: 'the client is inside',
  },
  'Pods only': {
    given: cluster([
      ...db,
      balanced(),
      policy('demo/pods', 'podSelector: {}\ningress: [{from: [{podSelector: {}}]}]'),
      ...workload({
        namespace: 'ingress-nginx',
        name: 'controller',
        labels: { 'app.kubernetes.io/name': 'ingress-nginx' },
      }),
    ]),
    says: { summary: ['pods admits Pods only', 'LoadBalancer'], certainty: 'possible', impact: 'risks' },
  },
  'the nodes are admitted': {
    given: cluster([
      ...db,
      balanced(),
      office,
      policy('demo/nodes', 'podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 192.168.10.0/24}}]}]'),
    ]),
    says: 'passed',
  },
  'no policy': { given: cluster([...db, balanced()]), says: 'passed' },
  'inside only': { given: cluster([...db, service({ name: 'db' }), office]), says: 'not-applicable' },
});
