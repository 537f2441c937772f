import check from '../../../src/checks/routes/ingress-backend-missing.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { ingress } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' })];
const api = [...workload({ name: 'api' }), service({ name: 'api' })];

examples(check, {
  'the Service is called otherwise': {
    target,
    given: cluster([...web, ...api, ingress({ service: 'web-svc' })]),
    says: {
      summary: ['web-svc', 'does not exist', 'web does'],
      certainty: 'certain',
      evidence: ['ingress/web spec.rules[0].http.paths[0].backend.service.name: web-svc', 'service/web'],
    },
  },
  'a typo': {
    target: 'demo/catalog',
    given: cluster([...workload({ name: 'catalog' }), service({ name: 'catalog' }), ingress({ service: 'catalgo' })]),
    says: { summary: ['catalgo', 'catalog does'], certainty: 'certain' },
  },
  'the release in front': {
    target,
    given: cluster([...web, ...api, ingress({ service: 'shop-web' })]),
    says: { summary: ['shop-web'], certainty: 'certain' },
  },
  'a name with its namespace': {
    target,
    given: cluster([...web, ...api, ingress({ service: 'web.demo' })]),
    says: { summary: ['web.demo'], certainty: 'certain' },
  },
  'another name, and only one Service': {
    target,
    given: cluster([...web, ingress({ service: 'frontend' })]),
    says: { summary: ['frontend', 'web does'], certainty: 'likely' },
  },
  'the target itself does not exist': {
    target: 'demo/web-svc',
    given: cluster([...web, ingress({ service: 'web-svc' })]),
    says: { summary: ['web-svc', 'does not exist', 'web does'], certainty: 'certain' },
  },
  'nothing is near': {
    target: 'demo/checkout',
    given: cluster([...web, ingress({ service: 'checkout' })]),
    says: { summary: ['checkout', 'does not exist'], certainty: 'certain' },
  },
  'the missing one is not this one': {
    target,
    given: cluster([...web, ...api, ingress(), ingress({ name: 'pay', service: 'payments' })]),
    says: 'passed',
  },
  'it is named rightly': { target, given: cluster([...web, ingress()]), says: 'passed' },
  'no Ingress': { target, given: cluster(web), says: 'not-applicable' },
});
