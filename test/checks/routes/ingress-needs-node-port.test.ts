import check from '../../../src/checks/routes/ingress-needs-node-port.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { ingress, ingressClass } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' })];
const alb = ingressClass('alb', 'ingress.k8s.aws/alb');
const onAlb = (annotations = {}) => ingress({ spec: { ingressClassName: 'alb' }, address: null, annotations });
const instance = { 'alb.ingress.kubernetes.io/target-type': 'instance' };

examples(check, {
  'target-type instance and a ClusterIP': {
    target,
    given: cluster([...web, alb, onAlb(instance)]),
    says: { summary: ['ClusterIP', 'nodePort', 'instance'], certainty: 'certain', impact: 'breaks' },
  },
  'the default target-type': {
    target,
    given: cluster([...web, alb, onAlb()]),
    says: { summary: ['instance, the default'], certainty: 'likely' },
  },
  'target-type ip': {
    target,
    given: cluster([...web, alb, onAlb({ 'alb.ingress.kubernetes.io/target-type': 'ip' })]),
    says: 'passed',
  },
  'a NodePort Service': {
    target,
    given: cluster([
      ...workload({ name: 'web' }),
      service({ name: 'web', spec: { type: 'NodePort' } }),
      alb,
      onAlb(instance),
    ]),
    says: 'passed',
  },
  'another controller': { target, given: cluster([...web, ingressClass(), ingress()]), says: 'not-applicable' },
});
