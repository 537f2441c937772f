import check from '../../../src/checks/routes/route-backend-missing.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { route } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' })];

examples(check, {
  'the namespace is forgotten': {
    target,
    given: cluster([...web, route({ namespace: 'routes' })]),
    says: {
      summary: ['HTTPRoute routes/web', 'namespace routes', 'namespace demo'],
      certainty: 'certain',
      evidence: ['namespace absent, which means routes'],
    },
  },
  'a typo': {
    target,
    given: cluster([...web, route({ backend: { name: 'webb' } })]),
    says: { summary: ['webb', 'web does'], certainty: 'certain' },
  },
  'several namespaces have such a Service': {
    target,
    given: cluster([...web, service({ namespace: 'staging', name: 'web' }), route({ namespace: 'routes' })]),
    says: { summary: ['routes/web'], certainty: 'possible', impact: 'risks' },
  },
  'the target itself does not exist': {
    target: 'demo/web-v2',
    given: cluster([...web, route({ backend: { name: 'web-v2' } })]),
    says: { summary: ['web-v2', 'does not exist', 'web does'], certainty: 'certain' },
  },
  'the target does not exist, and nothing is near': {
    target: 'demo/checkout',
    given: cluster([...web, route({ backend: { name: 'checkout' } })]),
    says: { summary: ['checkout'], certainty: 'certain' },
  },
  'another one is missing': {
    target,
    given: cluster([...web, route(), route({ name: 'pay', backend: { name: 'payments' } })]),
    says: 'passed',
  },
  'no route': { target, given: cluster(web), says: 'not-applicable' },
});
