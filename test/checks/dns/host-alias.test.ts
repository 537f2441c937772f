import check from '../../../src/checks/dns/host-alias.ts';
import { client, healthy } from '../../kit/dns.ts';
import type { Service } from '../../../src/k8s/objects.ts';
import { cluster } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const from = 'demo/Deployment/api';
const alias = (ip: string, ...hostnames: string[]) => cluster(client({ hostAliases: [{ ip, hostnames }] }));
const address = (client({}).find(({ kind }) => kind === 'Service') as Service).spec.clusterIP ?? '';

examples(check, {
  'no alias': { given: healthy(), from, says: 'not-applicable' },
  'the name, at an address of old': {
    given: alias('10.96.99.99', 'db'),
    from,
    says: { summary: ['pin db to 10.96.99.99', address], certainty: 'certain', evidence: ['10.96.99.99 db'] },
  },
  'the full name': {
    given: alias('10.96.99.99', 'db.demo.svc.cluster.local', 'db.demo'),
    from,
    says: { summary: ['db.demo.svc.cluster.local'], certainty: 'possible' },
  },
  'the name, at its address': { given: alias(address, 'db'), from, says: 'passed' },
  'another name': { given: alias('192.168.1.5', 'git.example.com'), from, says: 'passed' },
});
