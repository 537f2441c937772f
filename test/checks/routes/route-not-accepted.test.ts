import check from '../../../src/checks/routes/route-not-accepted.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { gateway, gatewayClass, route } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' }), gatewayClass()];
const refused = (reason: string, message = '') => [{ type: 'Accepted', status: 'False' as const, reason, message }];
const same = { allowedRoutes: { namespaces: { from: 'Same' as const } } };

examples(check, {
  'the listener lets in only its own namespace': {
    target,
    given: cluster([...web, gateway(same), route({ conditions: refused('NotAllowedByListeners') })]),
    says: {
      summary: ['HTTPRoute demo/web', 'infra/edge', 'lets in no route from namespace demo'],
      certainty: 'certain',
      evidence: ['spec.listeners[0].allowedRoutes.namespaces: from: Same', 'Accepted False, NotAllowedByListeners'],
    },
  },
  'the listener asks for a label of the namespace': {
    target,
    given: cluster([
      ...web,
      gateway({ allowedRoutes: { namespaces: { from: 'Selector', selector: { matchLabels: { exposed: 'true' } } } } }),
      route({ conditions: refused('NotAllowedByListeners') }),
    ]),
    says: { summary: ['namespace demo'], certainty: 'certain', evidence: ['from: Selector exposed=true'] },
  },
  'the hostnames do not meet': {
    target,
    given: cluster([
      ...web,
      gateway({ hostname: '*.apps.example.com' }),
      route({ conditions: refused('NoMatchingListenerHostname') }),
    ]),
    says: { summary: ['*.apps.example.com', 'shop.example.com'], certainty: 'certain' },
  },
  'the section does not exist': {
    target,
    given: cluster([
      ...web,
      gateway({ name: 'https' }),
      route({ parent: { sectionName: 'htps' }, conditions: refused('NoMatchingParent') }),
    ]),
    says: { summary: ['no listener with sectionName htps'], certainty: 'certain', evidence: ['https (HTTP 80)'] },
  },
  'the port does not exist': {
    target,
    given: cluster([...web, gateway(), route({ parent: { port: 443 }, conditions: null })]),
    says: { summary: ['no listener with port 443'], certainty: 'certain' },
  },
  'the Gateway is in another namespace': {
    target,
    given: cluster([
      ...web,
      gateway(),
      change(route({ conditions: null }), (draft) => {
        for (const parent of draft.spec.parentRefs ?? []) delete parent.namespace;
      }),
    ]),
    says: { summary: ['no Gateway edge in namespace demo', 'it is in infra'], certainty: 'certain' },
  },
  'the Gateway has another name': {
    target,
    given: cluster([...web, gateway(), route({ parent: { name: 'edge-gw' }, conditions: null })]),
    says: { summary: ['no Gateway edge-gw in namespace infra'], certainty: 'certain' },
  },
  'a TCPRoute on an HTTP listener': {
    target,
    given: cluster([...web, gateway(), route({ kind: 'TCPRoute', conditions: null })]),
    says: { summary: ['takes no TCPRoute'], certainty: 'certain' },
  },
  'the controller has a reason of its own': {
    target,
    given: cluster([...web, gateway(), route({ conditions: refused('UnsupportedValue', 'filter not supported') })]),
    says: { summary: ['UnsupportedValue: filter not supported'], certainty: 'likely' },
  },
  'one of two parents takes it': {
    target,
    given: cluster([
      ...web,
      gateway(),
      change(route(), (draft) => void draft.spec.parentRefs?.push({ name: 'inner', namespace: 'infra' })),
    ]),
    says: { summary: ['no Gateway inner'], certainty: 'certain', impact: 'degrades' },
  },
  'it is accepted': { target, given: cluster([...web, gateway(), route()]), says: 'passed' },
  'it fits, and nobody has looked yet': {
    target,
    given: cluster([...web, gateway(), route({ conditions: null })]),
    says: 'passed',
  },
  'a wildcard covers the hostname': {
    target,
    given: cluster([...web, gateway({ hostname: '*.example.com' }), route({ conditions: null })]),
    says: 'passed',
  },
  'no route': { target, given: cluster([...web, gateway()]), says: 'not-applicable' },
});
