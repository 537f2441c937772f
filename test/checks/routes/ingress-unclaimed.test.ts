import check from '../../../src/checks/routes/ingress-unclaimed.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { ingress, ingressClass } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' })];
const controller = (replicas: number, kind: 'Deployment' | 'DaemonSet' = 'Deployment') =>
  workload({
    namespace: 'ingress-nginx',
    name: 'ingress-nginx-controller',
    kind,
    replicas,
    container: { image: 'registry.k8s.io/ingress-nginx/controller:v1.13.0' },
  });
const internal = workload({
  namespace: 'ingress-internal',
  name: 'ingress-internal-controller',
  container: {
    image: 'registry.k8s.io/ingress-nginx/controller:v1.13.0',
    args: ['/nginx-ingress-controller', '--controller-class=k8s.io/internal-ingress-nginx'],
  },
});

examples(check, {
  'the controller is scaled to zero': {
    target,
    given: cluster([...web, ingressClass(), ingress(), ...controller(0)]),
    says: {
      summary: ['ingress-nginx/ingress-nginx-controller', 'no ready Pod', 'nginx'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['status.readyReplicas: 0 of 0'],
    },
  },
  'the controller has no ready Pod': {
    target,
    given: cluster([
      ...web,
      ingressClass(),
      ingress(),
      ...controller(1).map((object) =>
        object.kind === 'Deployment' ? { ...object, status: { replicas: 1, readyReplicas: 0 } } : object,
      ),
    ]),
    says: { summary: ['no ready Pod'], certainty: 'certain' },
  },
  'no controller and no address': {
    target,
    given: cluster([...web, ingressClass(), ingress({ address: null })]),
    says: { summary: ['no address', 'k8s.io/ingress-nginx'], certainty: 'possible', impact: 'risks' },
  },
  'the controller runs, and writes no address': {
    target,
    given: cluster([...web, ingressClass(), ingress({ address: null }), ...controller(1)]),
    says: 'passed',
  },
  'the controller that runs serves another class': {
    target,
    given: cluster([
      ...web,
      ingressClass(),
      ingressClass('internal', 'k8s.io/internal-ingress-nginx'),
      ingress({ address: null }),
      ...internal,
    ]),
    says: {
      summary: ['k8s.io/ingress-nginx', 'takes classes of k8s.io/internal-ingress-nginx only'],
      certainty: 'likely',
      impact: 'breaks',
      evidence: ['args: --controller-class=k8s.io/internal-ingress-nginx'],
    },
  },
  'and no IngressClass is for it': {
    target,
    given: cluster([...web, ingressClass(), ingress({ address: null }), ...internal]),
    says: { summary: ['takes classes of k8s.io/internal-ingress-nginx only'], certainty: 'likely' },
  },
  'the same beside one that serves it': {
    target,
    given: cluster([...web, ingressClass(), ingress({ address: null }), ...internal, ...controller(1)]),
    says: 'passed',
  },
  'no controller in sight, and an address': {
    target,
    given: cluster([...web, ingressClass(), ingress()]),
    says: 'passed',
  },
  'a controller of the cloud, out of sight': {
    target,
    given: cluster([
      ...web,
      ingressClass('gce', 'k8s.io/ingress-gce'),
      ingress({ address: null, spec: { ingressClassName: 'gce' } }),
    ]),
    says: 'passed',
  },
  'no Ingress': { target, given: cluster([...web, ingressClass()]), says: 'not-applicable' },
});
