import check from '../../../src/checks/routes/controller-watches-elsewhere.ts';
import { cluster, namespace, service, workload } from '../../kit/cluster.ts';
import { ingress, ingressClass } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const web = [...workload({ name: 'web' }), service({ name: 'web' }), ingressClass(), ingress({ address: null })];
const controller = (
  args: readonly string[],
  name = 'ingress-nginx-controller',
  env: readonly { name: string; value: string }[] = [],
) =>
  workload({
    namespace: 'ingress-nginx',
    name,
    container: {
      image: 'registry.k8s.io/ingress-nginx/controller:v1.14.0',
      args: ['/nginx-ingress-controller', ...args],
      env,
    },
  });
const target = 'demo/web';

examples(check, {
  'kept to another namespace': {
    target,
    given: cluster([...web, ...controller(['--watch-namespace=prod'])]),
    says: {
      summary: [
        'ingress-nginx/ingress-nginx-controller runs with --watch-namespace=prod',
        'Ingress web of namespace demo',
      ],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['--watch-namespace=prod', 'ingress/web metadata.namespace: demo'],
    },
  },
  'kept to its own namespace, which the chart writes as a variable': {
    target,
    given: cluster([...web, ...controller(['--watch-namespace', '$(POD_NAMESPACE)'])]),
    says: { summary: ['--watch-namespace=$(POD_NAMESPACE)'], certainty: 'certain' },
  },
  'kept to namespaces with a label': {
    target,
    given: cluster([...web, ...controller(['--watch-namespace-selector=edge=public'])]),
    says: { summary: ['--watch-namespace-selector=edge=public'], certainty: 'certain' },
  },
  'this namespace has the label': {
    target,
    given: cluster([
      namespace('demo', { edge: 'public' }),
      ...web,
      ...controller(['--watch-namespace-selector=edge=public']),
    ]),
    says: 'passed',
  },
  'it is among them': {
    target,
    given: cluster([...web, ...controller(['--watch-namespace=prod,demo'])]),
    says: 'passed',
  },
  'a second controller watches everything': {
    target,
    given: cluster([...web, ...controller(['--watch-namespace=prod']), ...controller([], 'ingress-nginx-all')]),
    says: 'passed',
  },
  'kept to nothing': { target, given: cluster([...web, ...controller([])]), says: 'passed' },
  'no Ingress': {
    target,
    given: cluster([...workload({ name: 'web' }), service({ name: 'web' })]),
    says: 'not-applicable',
  },
});
