import check from '../../../src/checks/dns/raced-nameserver.ts';
import { client, healthy } from '../../kit/dns.ts';
import { cluster } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const from = 'demo/Deployment/api';
const told = [{ name: 'DB_HOST', value: 'db' }];
const asking = (dnsConfig: object, image = 'registry.example.com/api:1.4.2-alpine', dnsPolicy?: 'None') =>
  cluster(client({ ...(dnsPolicy ? { dnsPolicy } : {}), dnsConfig }, told, image));
const searches = ['demo.svc.cluster.local', 'svc.cluster.local', 'cluster.local'];

examples(check, {
  'a public server beside the cluster DNS': {
    given: asking({ nameservers: ['8.8.8.8'] }),
    from,
    says: {
      summary: ['asks 8.8.8.8 and 10.96.0.10 at the same time', 'alpine', 'musl'],
      certainty: 'likely',
      impact: 'degrades',
      evidence: ['dnsConfig.nameservers: 8.8.8.8'],
    },
  },
  'the same in a resolver of its own': {
    given: asking({ nameservers: ['10.96.0.10', '1.1.1.1'], searches }, undefined, 'None'),
    from,
    says: { summary: ['1.1.1.1'], certainty: 'likely' },
  },
  'an image with glibc': {
    given: asking({ nameservers: ['8.8.8.8'] }, 'registry.example.com/api:1.4.2'),
    from,
    says: 'not-applicable',
  },
  'the cluster DNS once more': { given: asking({ nameservers: ['10.96.0.10'] }), from, says: 'passed' },
  'a server of the company, which may know the cluster': {
    given: asking({ nameservers: ['10.0.0.2'] }),
    from,
    says: 'passed',
  },
  'the cluster DNS not at all': {
    given: asking({ nameservers: ['8.8.8.8'], searches }, undefined, 'None'),
    from,
    says: 'passed',
  },
  'nothing of its own': { given: healthy(), from, says: 'not-applicable' },
});
