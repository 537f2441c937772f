import check from '../../../src/checks/routes/nginx-rewrite.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { ingress, ingressClass } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' }), ingressClass()];
const rewritten = (to: string, path: string) =>
  ingress({ annotations: { 'nginx.ingress.kubernetes.io/rewrite-target': to }, path: { path } });

examples(check, {
  'a group that the path does not have': {
    target,
    given: cluster([...web, rewritten('/$2', '/shop')]),
    says: { summary: ['/$2', '/shop', 'no group'], certainty: 'certain', impact: 'degrades' },
  },
  'one group too few': {
    target,
    given: cluster([...web, rewritten('/$2', '/shop/(.*)')]),
    says: { summary: ['$2', 'only 1'], certainty: 'certain' },
  },
  'everything becomes the root': {
    target,
    given: cluster([...web, rewritten('/', '/shop')]),
    says: { summary: ['/shop'], certainty: 'possible', impact: 'risks' },
  },
  'both groups are there': { target, given: cluster([...web, rewritten('/$2', '/shop(/|$)(.*)')]), says: 'passed' },
  'no rewrite': { target, given: cluster([...web, ingress()]), says: 'not-applicable' },
});
