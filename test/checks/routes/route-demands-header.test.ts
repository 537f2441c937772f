import check from '../../../src/checks/routes/route-demands-header.ts';
import type { GatewayRoute } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { route } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' })];
type Matches = NonNullable<NonNullable<GatewayRoute['spec']['rules']>[number]['matches']>;
const matching = (matches: Matches, given = route()) =>
  change(given, (draft) => {
    for (const rule of draft.spec.rules ?? []) Object.assign(rule, { matches });
  });
const beta: Matches = [{ headers: [{ name: 'x-beta' }] }];

examples(check, {
  'every rule asks for a header': {
    target,
    given: cluster([...web, matching(beta)]),
    says: {
      summary: ['HTTPRoute demo/web', 'header x-beta', '404'],
      certainty: 'possible',
      impact: 'risks',
      evidence: ['spec.rules[0].matches: header x-beta'],
    },
  },
  'a query or a header': {
    target,
    given: cluster([...web, matching([...beta, { queryParams: [{ name: 'beta' }] }])]),
    says: { summary: ['header x-beta or query beta'], certainty: 'possible' },
  },
  'one match asks for neither': { target, given: cluster([...web, matching([...beta, {}])]), says: 'passed' },
  'no matches at all': { target, given: cluster([...web, matching([])]), says: 'passed' },
  'another route of the host takes the rest': {
    target,
    given: cluster([
      ...web,
      service({ name: 'stable' }),
      matching(beta),
      change(matching([]), (draft) => {
        draft.metadata.name = 'stable';
        for (const rule of draft.spec.rules ?? []) rule.backendRefs = [{ name: 'stable', port: 80 }];
      }),
    ]),
    says: 'passed',
  },
  'no route': { target, given: cluster(web), says: 'not-applicable' },
});
