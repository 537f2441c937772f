import check from '../../../src/checks/routes/ingress-no-class.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { ingress, ingressClass, type IngressShape } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' })];
const classless = (shape: IngressShape = { address: null }) => {
  const { ingressClassName: _, ...spec } = ingress(shape).spec;
  return { ...ingress(shape), spec };
};
const standard = { 'ingressclass.kubernetes.io/is-default-class': 'true' };

examples(check, {
  'a class exists, and is not the default': {
    target,
    given: cluster([...web, ingressClass(), classless()]),
    says: {
      summary: ['no ingressClassName', 'default', 'nginx'],
      certainty: 'likely',
      impact: 'breaks',
      evidence: ['ingressclass/nginx metadata.annotations["ingressclass.kubernetes.io/is-default-class"]: absent'],
    },
  },
  'two classes, none the default': {
    target,
    given: cluster([
      ...web,
      ingressClass('haproxy', 'haproxy.org/ingress-controller'),
      ingressClass('kong', 'ingress-controllers.konghq.com/kong'),
      classless(),
    ]),
    says: { summary: ['haproxy, kong'], certainty: 'likely' },
  },
  'no class in the cluster': {
    target,
    given: cluster([...web, classless()]),
    says: { summary: ['available: none'], certainty: 'likely' },
  },
  'a default that came later': {
    target,
    given: cluster([...web, ingressClass('nginx', 'k8s.io/ingress-nginx', standard), classless()]),
    says: { summary: ['default class nginx'], certainty: 'possible', impact: 'risks' },
  },
  'a controller claims it': { target, given: cluster([...web, ingressClass(), classless({})]), says: 'passed' },
  'it has a class': { target, given: cluster([...web, ingressClass(), ingress({ address: null })]), says: 'passed' },
  'the old annotation': {
    target,
    given: cluster([
      ...web,
      ingressClass(),
      classless({ address: null, annotations: { 'kubernetes.io/ingress.class': 'nginx' } }),
    ]),
    says: 'passed',
  },
  'no Ingress': { target, given: cluster(web), says: 'not-applicable' },
});
