import check from '../../../src/checks/routes/nginx-auth-url.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { ingress, ingressClass } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' }), ingressClass()];
const proxy = service({
  namespace: 'auth',
  name: 'oauth2-proxy',
  ports: [{ name: 'http', port: 80, targetPort: 4180 }],
});
const asking = (url: string) => ingress({ annotations: { 'nginx.ingress.kubernetes.io/auth-url': url } });

examples(check, {
  'the port of the container': {
    target,
    given: cluster([...web, proxy, asking('http://oauth2-proxy.auth.svc.cluster.local:4180/oauth2/auth')]),
    says: {
      summary: ['oauth2-proxy.auth.svc.cluster.local:4180', 'has no port 4180, only http 80/TCP'],
      certainty: 'certain',
      impact: 'breaks',
    },
  },
  'a Service that does not exist': {
    target,
    given: cluster([...web, proxy, asking('http://oauth-proxy.auth.svc/oauth2/auth')]),
    says: { summary: ['namespace auth has no Service oauth-proxy'], certainty: 'certain' },
  },
  'https is port 443': {
    target,
    given: cluster([...web, proxy, asking('https://oauth2-proxy.auth.svc.cluster.local/oauth2/auth')]),
    says: { summary: ['has no port 443'], certainty: 'certain' },
  },
  'the port of the Service': {
    target,
    given: cluster([...web, proxy, asking('http://oauth2-proxy.auth.svc.cluster.local/oauth2/auth')]),
    says: 'passed',
  },
  'a host outside of the cluster': {
    target,
    given: cluster([...web, proxy, asking('https://login.example.com:8443/auth')]),
    says: 'passed',
  },
  'the host that was asked': {
    target,
    given: cluster([...web, proxy, asking('https://$host/oauth2/auth')]),
    says: 'passed',
  },
  'no annotation': { target, given: cluster([...web, proxy, ingress()]), says: 'not-applicable' },
});
