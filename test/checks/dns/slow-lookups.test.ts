import check from '../../../src/checks/dns/slow-lookups.ts';
import type { Lookup } from '../../../src/snapshot/snapshot.ts';
import { healthy, withObservations } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const from = 'demo/Deployment/api';
type Asked = Partial<Omit<Lookup, 'kind'>>;
const lookup = (name: string, outcome: Lookup['outcome'], rest: Asked = {}): Lookup => ({
  kind: 'Lookup',
  from: { portForward: true },
  server: { clusterDNS: true },
  transport: 'tcp',
  type: 'A',
  name,
  outcome,
  ...rest,
});

const given = healthy();
const name = 'db.demo.svc.cluster.local';

examples(check, {
  'a few milliseconds': {
    given: withObservations(given, lookup(name, 'NOERROR', { milliseconds: 3 })),
    from,
    says: 'passed',
  },
  'five seconds': {
    given: withObservations(
      given,
      lookup(name, 'NOERROR', { milliseconds: 5004, transport: 'udp' }),
      lookup(name, 'NOERROR', { milliseconds: 2, transport: 'udp' }),
    ),
    from,
    says: { summary: ['1 of 2 lookups', '5 s'], certainty: 'likely', impact: 'degrades' },
  },
  'slow, but not lost': {
    given: withObservations(given, lookup(name, 'NOERROR', { milliseconds: 900 })),
    from,
    says: 'passed',
  },
});
