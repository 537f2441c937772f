import check from '../../../src/checks/routes/refs-unresolved.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { route } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' })];
const unresolved = (reason: string, message: string, observedGeneration = 2) => [
  { type: 'ResolvedRefs', status: 'False' as const, reason, message, observedGeneration },
];
const beside = (message: string) =>
  change(
    route({ conditions: unresolved('BackendNotFound', message) }),
    (draft) => void draft.spec.rules?.[0]?.backendRefs?.push({ name: 'canary', port: 80 }),
  );
const toDeployment = (reason: string) =>
  change(route({ conditions: unresolved(reason, 'the group of the reference is not supported') }), (draft) => {
    for (const rule of draft.spec.rules ?? []) rule.backendRefs = [{ group: 'apps', kind: 'Deployment', name: 'web' }];
  });

examples(check, {
  'the controller does not know the protocol': {
    target,
    given: cluster([
      ...web,
      route({ kind: 'GRPCRoute', conditions: unresolved('UnsupportedProtocol', 'appProtocol ws is not supported') }),
    ]),
    says: { summary: ['GRPCRoute demo/web', 'UnsupportedProtocol'], certainty: 'likely', impact: 'breaks' },
  },
  'another backend of the route is meant': {
    target,
    given: cluster([...web, beside('service demo/canary not found')]),
    says: { summary: ['BackendNotFound'], certainty: 'possible', impact: 'risks' },
  },
  'the condition is about an older route': {
    target,
    given: cluster([...web, route({ conditions: unresolved('BackendNotFound', 'service web not found', 1) })]),
    says: { summary: ['BackendNotFound'], certainty: 'possible', impact: 'risks' },
  },
  'the route names the Deployment behind the Service': {
    target,
    given: cluster([...web, toDeployment('InvalidKind')]),
    says: {
      summary: ['InvalidKind'],
      certainty: 'likely',
      impact: 'breaks',
      evidence: ['backendRefs[0]: group "apps", kind Deployment, name web'],
    },
  },
  'something else of that name, which the controller takes': {
    target,
    given: cluster([...web, toDeployment('BackendNotFound')]),
    says: 'not-applicable',
  },
  'everything is resolved': { target, given: cluster([...web, route()]), says: 'passed' },
  'no route': { target, given: cluster(web), says: 'not-applicable' },
});
