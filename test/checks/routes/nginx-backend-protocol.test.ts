import check from '../../../src/checks/routes/nginx-backend-protocol.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { ingress, ingressClass } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const secure = service({ name: 'web', ports: [{ name: 'https', port: 443, targetPort: 8443 }] });
const dashboard = [
  ...workload({ name: 'web', container: { ports: [{ containerPort: 8443 }] } }),
  secure,
  ingressClass(),
];
const plain = [
  ...workload({ name: 'web', container: { readinessProbe: { httpGet: { path: '/healthz', port: 8080 } } } }),
  service({ name: 'web' }),
  ingressClass(),
];
const annotation = 'nginx.ingress.kubernetes.io/backend-protocol';

examples(check, {
  'a server of HTTPS without the annotation': {
    target,
    given: cluster([...dashboard, ingress({ port: { number: 443 } })]),
    says: { summary: ['HTTP to web:443', 'HTTPS'], certainty: 'likely', impact: 'breaks' },
  },
  'the probes speak HTTPS': {
    target,
    given: cluster([
      ...workload({
        name: 'web',
        container: { readinessProbe: { httpGet: { path: '/', port: 'http', scheme: 'HTTPS' } } },
      }),
      service({ name: 'web' }),
      ingressClass(),
      ingress(),
    ]),
    says: { summary: ['expects HTTPS'], certainty: 'likely' },
  },
  'HTTPS towards a server of HTTP': {
    target,
    given: cluster([...plain, ingress({ annotations: { [annotation]: 'HTTPS' } })]),
    says: { summary: ['HTTPS to web:80', 'expects HTTP'], certainty: 'likely' },
  },
  'gRPC without the annotation': {
    target,
    given: cluster([
      ...workload({ name: 'web', container: { ports: [{ containerPort: 9000 }] } }),
      service({ name: 'web', ports: [{ name: 'grpc', port: 9000 }] }),
      ingressClass(),
      ingress({ port: { number: 9000 } }),
    ]),
    says: { summary: ['expects GRPC'], certainty: 'likely' },
  },
  'only the name says https': {
    target,
    given: cluster([
      ...workload({ name: 'web' }),
      service({ name: 'web', ports: [{ name: 'https', port: 443, targetPort: 8080 }] }),
      ingressClass(),
      ingress({ port: { name: 'https' } }),
    ]),
    says: { summary: ['HTTPS'], certainty: 'possible', impact: 'risks' },
  },
  'with the annotation': {
    target,
    given: cluster([...dashboard, ingress({ port: { number: 443 }, annotations: { [annotation]: 'HTTPS' } })]),
    says: 'passed',
  },
  'TLS handed through': {
    target,
    given: cluster([
      ...dashboard,
      ingress({ port: { number: 443 }, annotations: { 'nginx.ingress.kubernetes.io/ssl-passthrough': 'true' } }),
    ]),
    says: 'passed',
  },
  'plain HTTP': { target, given: cluster([...plain, ingress()]), says: 'passed' },
  'another controller': {
    target,
    given: cluster([
      ...dashboard,
      ingressClass('traefik', 'traefik.io/ingress-controller'),
      ingress({ port: { number: 443 }, spec: { ingressClassName: 'traefik' } }),
    ]),
    says: 'not-applicable',
  },
});
