import check from '../../../src/checks/client/scheme-mismatch.ts';
import { billing, caller } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';

const tls = billing({ ports: [{ name: 'https', port: 443, targetPort: 8443 }] });

examples(check, {
  'https to port 80 called http': {
    ...caller({ BILLING_URL: 'https://billing:80' }),
    says: { summary: ['https://billing:80', 'speaks TLS', 'serves plain http'], certainty: 'likely' },
  },
  'http to port 443 called https': {
    ...caller({ BILLING_URL: 'http://billing:443' }, tls),
    says: { summary: ['http://billing:443', 'speaks plain HTTP', 'expects TLS'], certainty: 'likely' },
  },
  'http to a port called https that ends in 443': {
    ...caller(
      { BILLING_URL: 'http://billing:9443/scan' },
      billing({ ports: [{ name: 'https', port: 9443, targetPort: 8443 }] }),
    ),
    says: { summary: ['http://billing:9443', 'https 9443/TCP', 'expects TLS'], certainty: 'likely', impact: 'breaks' },
  },
  'http to a port whose appProtocol is https': {
    ...caller(
      { BILLING_URL: 'http://billing:9000' },
      billing({ ports: [{ name: 'main', port: 9000, targetPort: 8443, appProtocol: 'https' }] }),
    ),
    says: { summary: ['expects TLS', 'appProtocol https'], certainty: 'likely', impact: 'breaks' },
  },
  'TLS ends before the port, and appProtocol says so': {
    ...caller(
      { BILLING_URL: 'http://billing:443' },
      billing({ ports: [{ name: 'https', port: 443, targetPort: 8080, appProtocol: 'http' }] }),
    ),
    says: 'passed',
  },
  'https to a port that is only called http': {
    ...caller({ BILLING_URL: 'https://billing:8080' }, billing({ ports: [{ name: 'http', port: 8080 }] })),
    says: { summary: ['serves plain http'], certainty: 'possible', impact: 'risks' },
  },
  'https to https': { ...caller({ BILLING_URL: 'https://billing' }, tls), says: 'passed' },
  'a port without a telling name or number': {
    ...caller({ BILLING_URL: 'https://billing:9000' }, billing({ ports: [{ name: 'web', port: 9000 }] })),
    says: 'passed',
  },
});
