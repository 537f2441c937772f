import check from '../../../src/checks/routes/route-weight-zero.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { route } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' })];
const weightless = route({ backend: { weight: 0 } });

examples(check, {
  'the only backend has no weight': {
    target,
    given: cluster([...web, weightless]),
    says: { summary: ['HTTPRoute demo/web', 'weight 0'], certainty: 'certain', impact: 'breaks' },
  },
  'another backend has the weight': {
    target,
    given: cluster([
      ...web,
      change(
        weightless,
        (draft) => void draft.spec.rules?.[0]?.backendRefs?.push({ name: 'web-v2', port: 80, weight: 100 }),
      ),
    ]),
    says: 'passed',
  },
  'no weight given': { target, given: cluster([...web, route()]), says: 'passed' },
  'no route': { target, given: cluster(web), says: 'not-applicable' },
});
