import check from '../../../src/checks/routes/ingress-conflict.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { ingress } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const shop = [
  ...workload({ name: 'web' }),
  service({ name: 'web' }),
  ...workload({ name: 'old-web' }),
  service({ name: 'old-web' }),
];
const old = { name: 'old', service: 'old-web', createdAt: '2025-01-10T08:00:00Z' };

examples(check, {
  'an older Ingress has the host already': {
    target,
    given: cluster([...shop, ingress(), ingress(old)]),
    says: { summary: ['shop.example.com/', 'demo/old', 'old-web'], certainty: 'likely', impact: 'breaks' },
  },
  'an older one in another namespace': {
    target,
    given: cluster([...shop, ingress(), ingress({ ...old, namespace: 'legacy' })]),
    says: { summary: ['legacy/old'], certainty: 'likely', impact: 'breaks' },
  },
  'nobody knows which is older': {
    target,
    given: cluster([...shop, ingress({ createdAt: '' }), ingress({ ...old, createdAt: '' })]),
    says: { summary: ['both claim'], certainty: 'likely', impact: 'degrades' },
  },
  'ours is the older one': {
    target,
    given: cluster([...shop, ingress(), ingress({ ...old, createdAt: '2026-03-02T09:30:00Z' })]),
    says: { summary: ['both claim'], certainty: 'likely', impact: 'risks' },
  },
  'a canary shares the path on purpose': {
    target,
    given: cluster([
      ...shop,
      ingress(),
      ingress({ ...old, annotations: { 'nginx.ingress.kubernetes.io/canary': 'true' } }),
    ]),
    says: 'passed',
  },
  'another path': {
    target,
    given: cluster([...shop, ingress(), ingress({ ...old, path: { path: '/old' } })]),
    says: 'passed',
  },
  'another class': {
    target,
    given: cluster([...shop, ingress(), ingress({ ...old, spec: { ingressClassName: 'internal' } })]),
    says: 'passed',
  },
  'no Ingress': { target, given: cluster(shop), says: 'not-applicable' },
});
