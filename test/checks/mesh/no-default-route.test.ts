import check from '../../../src/checks/mesh/no-default-route.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { meshed, meshNamespace, virtualService } from '../../kit/mesh.ts';

const target = 'shop/reviews';
const from = 'shop/Deployment/productpage';
const reviews = [
  meshNamespace('shop'),
  ...meshed({ namespace: 'shop', name: 'reviews' }),
  service({ namespace: 'shop', name: 'reviews' }),
];
const inside = [...reviews, ...meshed({ namespace: 'shop', name: 'productpage' })];
const route = [{ destination: { host: 'reviews' } }];
const http = (...routes: readonly object[]) => virtualService('shop', 'reviews', { hosts: ['reviews'], http: routes });
const testers = { match: [{ headers: { 'x-tester': { exact: 'true' } } }], route };

examples(check, {
  'every route asks for a header': {
    target,
    from,
    given: cluster([...inside, http(testers)]),
    says: {
      summary: ['shop/reviews', 'header x-tester', '404'],
      certainty: 'likely',
      impact: 'breaks',
      evidence: ['spec.http[0].match: header x-tester'],
    },
  },
  'a header or a query, and nobody asks': {
    target,
    given: cluster([...reviews, http(testers, { match: [{ queryParams: { beta: { exact: '1' } } }], route })]),
    says: { summary: ['header x-tester or query beta'], certainty: 'likely' },
  },
  'routes for other callers alone': {
    target,
    from,
    given: cluster([...inside, http({ match: [{ sourceLabels: { app: 'admin' } }], route })]),
    says: { summary: ['sourceLabels app=admin'], certainty: 'likely' },
  },
  'a port that the Service does not have': {
    target,
    from,
    given: cluster([...inside, http({ match: [{ port: 8080 }], route })]),
    says: { summary: ['port 8080'], certainty: 'likely', evidence: ['spec.ports: http 80/TCP'] },
  },
  'the port of the Service': {
    target,
    from,
    given: cluster([...inside, http({ match: [{ port: 80 }], route })]),
    says: 'passed',
  },
  'a route for this caller': {
    target,
    from,
    given: cluster([...inside, http({ match: [{ sourceLabels: { app: 'productpage' } }], route })]),
    says: 'passed',
  },
  'a last route without a match': {
    target,
    from,
    given: cluster([...inside, http(testers, { route })]),
    says: 'passed',
  },
  'one match of two asks for nothing but a path': {
    target,
    from,
    given: cluster([...inside, http({ match: [...testers.match, { uri: { prefix: '/' } }], route })]),
    says: 'passed',
  },
  'a host with a wildcard': {
    target,
    from,
    given: cluster([
      ...inside,
      virtualService('istio-config', 'all', { hosts: ['*.shop.svc.cluster.local'], http: [testers] }),
    ]),
    says: { summary: ['istio-config/all', 'header x-tester'], certainty: 'likely' },
  },
  'another Service is taken over': {
    target,
    from,
    given: cluster([...inside, virtualService('shop', 'ratings', { hosts: ['ratings'], http: [testers] })]),
    says: 'not-applicable',
  },
  'for a gateway alone': {
    target,
    from,
    given: cluster([
      ...inside,
      virtualService('shop', 'reviews', { hosts: ['reviews'], gateways: ['edge'], http: [testers] }),
    ]),
    says: 'not-applicable',
  },
  'routes of TCP': {
    target,
    from,
    given: cluster([...inside, virtualService('shop', 'reviews', { hosts: ['reviews'], tcp: [{ route }] })]),
    says: 'passed',
  },
  'a client without a sidecar': {
    target,
    from,
    given: cluster([...reviews, ...workload({ namespace: 'shop', name: 'productpage' }), http(testers)]),
    says: 'not-applicable',
  },
});
