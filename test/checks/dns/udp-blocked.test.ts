import check from '../../../src/checks/dns/udp-blocked.ts';
import type { Lookup } from '../../../src/snapshot/snapshot.ts';
import { healthy, podIn, withObservations } from '../../kit/dns.ts';
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
const client = {
  from: { pod: { namespace: 'demo', name: podIn(given, 'api-') } },
  server: { resolverOf: { namespace: 'demo', name: podIn(given, 'api-') } },
} as const;
const name = 'db.demo.svc.cluster.local';

examples(check, {
  'UDP times out, TCP answers': {
    given: withObservations(
      given,
      lookup(name, 'timeout', { ...client, transport: 'udp' }),
      lookup(name, 'NOERROR', client),
    ),
    from,
    says: { summary: [name, 'UDP', 'TCP'], certainty: 'certain', impact: 'breaks' },
  },
  'both answer': {
    given: withObservations(
      given,
      lookup(name, 'NOERROR', { ...client, transport: 'udp' }),
      lookup(name, 'NOERROR', client),
    ),
    from,
    says: 'passed',
  },
  'neither answers': {
    given: withObservations(
      given,
      lookup(name, 'timeout', { ...client, transport: 'udp' }),
      lookup(name, 'timeout', client),
    ),
    from,
    says: 'passed',
  },
  'one packet was lost': {
    given: withObservations(
      given,
      lookup(name, 'timeout', { ...client, transport: 'udp' }),
      lookup(name, 'NOERROR', { ...client, transport: 'udp' }),
      lookup(name, 'NOERROR', client),
    ),
    from,
    says: 'passed',
  },
});
