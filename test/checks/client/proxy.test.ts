import check from '../../../src/checks/client/proxy.ts';
import { service, workload } from '../../kit/cluster.ts';
import { billing, caller, postgres } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';

const proxy = { HTTP_PROXY: 'http://proxy.corp.example:3128', HTTPS_PROXY: 'http://proxy.corp.example:3128' };

examples(check, {
  'a proxy and no exception': {
    ...caller({ ...proxy, BILLING_URL: 'http://billing' }),
    says: {
      summary: ['HTTP_PROXY', 'http://billing', 'NO_PROXY'],
      certainty: 'likely',
      evidence: ['NO_PROXY is not set'],
    },
  },
  'exceptions that leave bare names out': {
    ...caller({ ...proxy, NO_PROXY: 'localhost,10.0.0.0/8,.svc,.cluster.local', BILLING_URL: 'http://billing' }),
    says: {
      summary: ['NO_PROXY does not except billing'],
      certainty: 'likely',
      evidence: ['NO_PROXY=localhost,10.0.0.0/8,.svc,.cluster.local'],
    },
  },
  'lower case': {
    ...caller({ http_proxy: 'http://10.1.2.3:3128', no_proxy: 'localhost', BILLING_URL: 'http://billing.demo.svc' }),
    says: { summary: ['http_proxy', 'no_proxy'], certainty: 'likely' },
  },
  'https goes by its own variable': {
    ...caller(
      { HTTPS_PROXY: 'http://proxy.corp.example:3128', BILLING_URL: 'https://billing' },
      billing({ ports: [{ name: 'https', port: 443, targetPort: 8443 }] }),
    ),
    says: { summary: ['HTTPS_PROXY'], certainty: 'likely' },
  },
  'a proxy, and no address of the Service anywhere': {
    ...caller(proxy),
    says: { summary: ['HTTP_PROXY', 'billing'], certainty: 'possible' },
  },
  'credentials of the proxy stay out': {
    ...caller({ HTTP_PROXY: 'http://svc:hunter2@proxy.corp.example:3128', BILLING_URL: 'http://billing' }),
    says: { summary: ['HTTP_PROXY'], certainty: 'likely', evidence: ['http://***@proxy.corp.example:3128'] },
  },
  'exceptions by suffix': {
    ...caller({ ...proxy, NO_PROXY: '.svc,.cluster.local', BILLING_URL: 'http://billing.demo.svc' }),
    says: 'passed',
  },
  'exceptions by name': {
    ...caller({ ...proxy, NO_PROXY: 'localhost,billing', BILLING_URL: 'http://billing' }),
    says: 'passed',
  },
  'an address in an excepted range': {
    ...caller(
      { ...proxy, NO_PROXY: '10.96.0.0/12', BILLING_URL: 'http://10.96.7.7' },
      billing({ clusterIP: '10.96.7.7', clusterIPs: ['10.96.7.7'] }),
    ),
    says: 'passed',
  },
  'https only, and plain http calls': {
    ...caller({ HTTPS_PROXY: 'http://proxy.corp.example:3128', BILLING_URL: 'http://billing' }),
    says: 'passed',
  },
  'a database, which no proxy stands before': {
    ...caller({ ...proxy, DATABASE_URL: 'postgres://postgres:5432/app' }, postgres),
    target: 'demo/postgres',
    says: 'passed',
  },
  'the Service is the proxy': {
    ...caller({ HTTP_PROXY: 'http://squid:3128' }, [
      ...workload({ name: 'squid' }),
      service({ name: 'squid', ports: [{ port: 3128 }] }),
    ]),
    target: 'demo/squid',
    says: 'not-applicable',
  },
  'a sidecar proxy': {
    ...caller({ HTTP_PROXY: 'http://127.0.0.1:4140', BILLING_URL: 'http://billing' }),
    says: 'not-applicable',
  },
  'no proxy': { ...caller({ BILLING_URL: 'http://billing' }), says: 'not-applicable' },
});
