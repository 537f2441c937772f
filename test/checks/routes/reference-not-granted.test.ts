import check from '../../../src/checks/routes/reference-not-granted.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { grant, route } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' })];
const refused = [
  { type: 'Accepted', status: 'True' as const, reason: 'Accepted' },
  { type: 'ResolvedRefs', status: 'False' as const, reason: 'RefNotPermitted' },
];
const abroad = route({ namespace: 'routes', backend: { namespace: 'demo' }, conditions: refused });
const given = (...grants: Parameters<typeof cluster>[0]) => cluster([...web, abroad, ...grants]);

examples(check, {
  'no grant': {
    target,
    given: given(),
    says: {
      summary: ['HTTPRoute routes/web', 'demo/web', 'no ReferenceGrant in demo'],
      certainty: 'certain',
      evidence: ['ResolvedRefs False, RefNotPermitted'],
    },
  },
  'the grant stands where the route is': {
    target,
    given: given(grant({}, {}, 'routes')),
    says: { summary: ['let-routes-in', 'stands in routes, not in demo'], certainty: 'certain' },
  },
  'the grant is for another kind': {
    target,
    given: given(grant({ kind: 'GRPCRoute' })),
    says: { summary: ['allows GRPCRoute, not HTTPRoute'], certainty: 'certain' },
  },
  'the grant is for another namespace': {
    target,
    given: given(grant({ namespace: 'edge' })),
    says: { summary: ['namespace edge, not routes'], certainty: 'certain' },
  },
  'the grant is for another Service': {
    target,
    given: given(grant({}, { name: 'api' })),
    says: { summary: ['Service api'], certainty: 'certain' },
  },
  'the grant has the wrong group': {
    target,
    given: given(grant({ group: '' })),
    says: { summary: ['from.group'], certainty: 'certain' },
  },
  'the grant is for Secrets': {
    target,
    given: given(grant({}, { kind: 'Secret' })),
    says: { summary: ['core/Secret'], certainty: 'certain' },
  },
  'a controller that allows everything': {
    target,
    given: cluster([...web, route({ namespace: 'routes', backend: { namespace: 'demo' } })]),
    says: { summary: ['no ReferenceGrant'], certainty: 'possible', impact: 'risks' },
  },
  'a grant for all Services': { target, given: given(grant()), says: 'passed' },
  'a grant for this Service': { target, given: given(grant({}, { name: 'web' })), says: 'passed' },
  'a route of the same namespace': { target, given: cluster([...web, route()]), says: 'not-applicable' },
});
