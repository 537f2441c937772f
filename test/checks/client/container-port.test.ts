import check from '../../../src/checks/client/container-port.ts';
import { billing, caller, postgres } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';

examples(check, {
  'the container’s port in a URL': {
    ...caller({ BILLING_URL: 'http://billing:8080' }),
    says: {
      summary: ['BILLING_URL', '8080', '80'],
      certainty: 'certain',
      evidence: ['BILLING_URL=http://billing:8080', 'service/billing spec.ports: http 80/TCP → 8080'],
    },
  },
  'the container’s port in a variable of its own': {
    ...caller({ BILLING_HOST: 'billing', BILLING_PORT: '8080' }),
    says: { summary: ['BILLING_HOST', '8080'], certainty: 'certain', evidence: ['BILLING_PORT=8080'] },
  },
  'a full name in an argument': {
    ...caller({}, billing(), { args: ['--upstream=billing.demo.svc.cluster.local:8080', '--verbose'] }),
    says: { summary: ['--upstream', '8080'], certainty: 'certain' },
  },
  'a flag and its value as two words': {
    ...caller({}, billing(), { args: ['--billing-url', 'http://billing:8080/v1'] }),
    says: { summary: ['--billing-url'], certainty: 'certain' },
  },
  'no port at all, where http means the container’s': {
    ...caller({ BILLING_URL: 'http://billing' }, billing({ ports: [{ port: 8080, targetPort: 80 }] })),
    says: { summary: ['which means port 80', '8080'], certainty: 'certain' },
  },
  'the ClusterIP with the container’s port': {
    ...caller({ BILLING_URL: 'http://10.96.7.7:8080' }, billing({ clusterIP: '10.96.7.7', clusterIPs: ['10.96.7.7'] })),
    says: { summary: ['10.96.7.7:8080'], certainty: 'certain' },
  },
  'the Service’s port': {
    ...caller({ BILLING_URL: 'http://billing:80/v1' }),
    says: 'passed',
    detail: 'BILLING_URL calls http://billing:80',
  },
  'no port, where http means the Service’s': { ...caller({ BILLING_URL: 'http://billing' }), says: 'passed' },
  'a headless Service, which translates nothing': {
    ...caller({ BILLING_URL: 'http://billing:8080' }, billing({ clusterIP: 'None', clusterIPs: ['None'] })),
    says: 'passed',
  },
  'another Service’s container port': {
    ...caller({ BILLING_URL: 'http://billing:80', DB: 'postgres:5432' }, [...billing(), ...postgres]),
    says: 'passed',
  },
  'nothing said': { ...caller({}), says: 'passed', detail: 'no setting' },
  'an alias': {
    ...caller(
      { BILLING_URL: 'http://billing:8080' },
      billing({ type: 'ExternalName', externalName: 'billing.example.com' }),
    ),
    says: 'not-applicable',
  },
});
