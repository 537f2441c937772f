import check from '../../../src/checks/dns/own-resolver.ts';
import { client, healthy, withDns } from '../../kit/dns.ts';
import { cluster } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const from = 'demo/Deployment/api';
const own = (dnsConfig: object, env?: readonly { name: string; value: string }[]) =>
  cluster(client({ dnsPolicy: 'None', dnsConfig }, env));
const searches = ['demo.svc.cluster.local', 'svc.cluster.local', 'cluster.local'];

examples(check, {
  'no resolver of its own': { given: healthy(), from, says: 'not-applicable' },
  'a full copy of the cluster’s': {
    given: own({ nameservers: ['10.96.0.10'], searches, options: [{ name: 'ndots', value: '5' }] }),
    from,
    says: 'passed',
  },
  'public servers': {
    given: own({ nameservers: ['8.8.8.8', '1.1.1.1'] }),
    from,
    says: { summary: ['dnsPolicy None', 'asks 8.8.8.8, 1.1.1.1', '10.96.0.10'], certainty: 'certain' },
  },
  'a public server before the right one': {
    given: own({ nameservers: ['8.8.8.8', '10.96.0.10'], searches }),
    from,
    says: { summary: ['dnsPolicy None', '8.8.8.8 before 10.96.0.10', 'NXDOMAIN'], certainty: 'certain' },
  },
  'a public server after the right one': {
    given: own({ nameservers: ['10.96.0.10', '8.8.8.8'], searches }),
    from,
    says: 'passed',
  },
  'a server of the company before it, which may forward': {
    given: own({ nameservers: ['10.0.0.2', '10.96.0.10'], searches }),
    from,
    says: 'passed',
  },
  'the right server and no search list': {
    given: own({ nameservers: ['10.96.0.10'] }),
    from,
    says: { summary: ['dnsPolicy None', 'nothing', 'db'], certainty: 'certain' },
  },
  'another namespace’s search list': {
    given: own({ nameservers: ['10.96.0.10'], searches: ['prod.svc.cluster.local'] }),
    from,
    says: { summary: ['only prod.svc.cluster.local'], certainty: 'certain' },
  },
  'no search list, and full names only': {
    given: own({ nameservers: ['10.96.0.10'] }, [{ name: 'DB_HOST', value: 'db.demo.svc.cluster.local' }]),
    from,
    says: 'passed',
  },
  'no search list, and nobody knows the names': {
    given: own({ nameservers: ['10.96.0.10'] }, []),
    from,
    says: { summary: ['nothing'], certainty: 'likely' },
  },
  'no DNS Service': { given: withDns(own({ nameservers: ['8.8.8.8'] }), () => 'gone'), from, says: 'not-applicable' },
});
