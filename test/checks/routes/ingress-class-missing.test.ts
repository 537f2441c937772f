import check from '../../../src/checks/routes/ingress-class-missing.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { ingress, ingressClass } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' })];
const legacy = (name: string, address: string | null = null) => {
  const { ingressClassName: _, ...spec } = ingress().spec;
  return { ...ingress({ annotations: { 'kubernetes.io/ingress.class': name }, address }), spec };
};

examples(check, {
  'a class that is nowhere': {
    target,
    given: cluster([
      ...web,
      ingressClass(),
      ingress({ spec: { ingressClassName: 'example-ingress-class' }, address: null }),
    ]),
    says: {
      summary: ['example-ingress-class', 'does not exist', 'nginx'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['ingress/web spec.ingressClassName: example-ingress-class'],
    },
  },
  'a typo among several': {
    target,
    given: cluster([
      ...web,
      ingressClass('traefik', 'traefik.io/ingress-controller'),
      ingressClass('nginx-internal'),
      ingress({ spec: { ingressClassName: 'nginx-interal' }, address: null }),
    ]),
    says: { summary: ['nginx-interal', 'traefik, nginx-internal'], certainty: 'certain' },
  },
  'no class in the cluster': {
    target,
    given: cluster([...web, ingress({ address: null })]),
    says: { summary: ['nginx', 'available: none'], certainty: 'certain' },
  },
  'the old annotation names a class that is not there': {
    target,
    given: cluster([...web, ingressClass('traefik', 'traefik.io/ingress-controller'), legacy('nginx')]),
    says: { summary: ['nginx', 'traefik'], certainty: 'likely' },
  },
  'a controller serves it all the same': {
    target,
    given: cluster([...web, ingressClass('traefik', 'traefik.io/ingress-controller'), ingress()]),
    says: { summary: ['nginx'], certainty: 'possible', impact: 'risks' },
  },
  'the old annotation, served': {
    target,
    given: cluster([...web, ingressClass('traefik', 'traefik.io/ingress-controller'), legacy('nginx', '192.0.2.7')]),
    says: 'passed',
  },
  'the old annotation where nobody uses classes': { target, given: cluster([...web, legacy('nginx')]), says: 'passed' },
  'a class that exists': {
    target,
    given: cluster([...web, ingressClass(), ingress({ address: null })]),
    says: 'passed',
  },
  'no Ingress': { target, given: cluster([...web, ingressClass()]), says: 'not-applicable' },
});
