import check from '../../../src/checks/policy/edge-blocked.ts';
import type { KubeObject } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { policy } from '../../kit/policies.ts';

const controller = workload({
  namespace: 'ingress-nginx',
  name: 'ingress-nginx-controller',
  labels: { 'app.kubernetes.io/name': 'ingress-nginx', 'app.kubernetes.io/component': 'controller' },
});
const ingress = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'site', namespace: 'demo' },
  spec: {
    ingressClassName: 'nginx',
    rules: [
      {
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'db', port: { number: 80 } } } }],
        },
      },
    ],
  },
} as KubeObject;
const route = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'site', namespace: 'demo' },
  spec: { rules: [{ backendRefs: [{ name: 'db', port: 80 }] }] },
} as KubeObject;
const objects = [...workload({ name: 'db' }), service({ name: 'db' })];
const sameNamespace = policy('demo/same-namespace', 'podSelector: {}\ningress: [{from: [{podSelector: {}}]}]');

examples(check, {
  'only the same namespace is admitted': {
    given: cluster([...objects, ...controller, ingress, sameNamespace]),
    says: {
      summary: [
        'same-namespace keeps ingress-nginx/ingress-nginx-controller',
        'ingress site'.replace('ingress', 'Ingress'),
      ],
      certainty: 'likely',
      impact: 'degrades',
    },
  },
  'a route of the Gateway API': {
    given: cluster([...objects, ...controller, route, sameNamespace]),
    says: { summary: ['HTTPRoute site'], certainty: 'likely' },
  },
  'the controller is admitted': {
    given: cluster([
      ...objects,
      ...controller,
      ingress,
      sameNamespace,
      policy(
        'demo/from-ingress',
        'podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress-nginx}}}]}]',
      ),
    ]),
    says: 'passed',
  },
  'no Ingress': { given: cluster([...objects, ...controller, sameNamespace]), says: 'not-applicable' },
  'no controller in the cluster': { given: cluster([...objects, ingress, sameNamespace]), says: 'passed' },
});
