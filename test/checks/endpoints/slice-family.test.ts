import check from '../../../src/checks/endpoints/slice-family.ts';
import { cluster, service } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { slice } from '../../kit/slices.ts';

const svc = service({ name: 'db', selector: null });

examples(check, {
  'IPv6 addresses behind an IPv4 Service': {
    given: cluster([svc, slice({ name: 'db-vm', addressType: 'IPv6', addresses: ['2001:db8::7'] })]),
    says: {
      summary: ['addressType IPv6', 'IPv4'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['2001:db8::7', 'spec.ipFamilies: IPv4'],
    },
  },
  'a host name': {
    given: cluster([svc, slice({ name: 'db-rds', addressType: 'FQDN', addresses: ['db.example.com'] })]),
    says: { summary: ['FQDN', 'reads no host names'], certainty: 'certain' },
  },
  both: {
    given: cluster([
      svc,
      slice({ name: 'db-4' }),
      slice({ name: 'db-6', addressType: 'IPv6', addresses: ['2001:db8::7'] }),
    ]),
    says: { summary: ['db-6'], certainty: 'certain', impact: 'risks' },
  },
  IPv4: { given: cluster([svc, slice({ name: 'db-4' })]), says: 'passed' },
});
