import check from '../../../src/checks/dns/search-suffix.ts';
import type { Lookup } from '../../../src/snapshot/snapshot.ts';
import { cluster } from '../../kit/cluster.ts';
import { client, resolvConf, withObservations } from '../../kit/dns.ts';
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

const of = (image: string, ...lookups: readonly Lookup[]) => {
  const given = cluster(client({}, undefined, image));
  return withObservations(
    given,
    resolvConf(
      given,
      'search demo.svc.cluster.local svc.cluster.local cluster.local corp.example.com\nnameserver 10.96.0.10\noptions ndots:5\n',
    ),
    ...lookups,
  );
};
const suffixed = 'github.com.corp.example.com';

examples(check, {
  'musl and an answer without data': {
    given: of('node:20-alpine', lookup(suffixed, 'NOERROR', { answers: [] }), lookup('github.com.', 'NOERROR')),
    from,
    says: {
      summary: ['corp.example.com', 'NOERROR without data', 'musl', 'node:20-alpine', 'ndots:5'],
      certainty: 'certain',
      impact: 'degrades',
    },
  },
  'musl and SERVFAIL': {
    given: of('alpine:3.20', lookup(suffixed, 'SERVFAIL')),
    from,
    says: { summary: ['SERVFAIL', 'musl'], certainty: 'certain' },
  },
  'glibc and an answer without data': {
    given: of('debian:12', lookup(suffixed, 'NOERROR', { answers: [] })),
    from,
    says: 'passed',
  },
  'a wildcard': {
    given: of('debian:12', lookup(suffixed, 'NOERROR', { answers: [{ type: 'A', data: '203.0.113.7' }] })),
    from,
    says: { summary: ['corp.example.com answers every name', '203.0.113.7', 'ndots is 5'], certainty: 'certain' },
  },
  'a server that does not answer': {
    given: of('debian:12', lookup(suffixed, 'timeout')),
    from,
    says: { summary: ['corp.example.com', 'does not answer'], certainty: 'likely' },
  },
  'NXDOMAIN, as it should be': { given: of('alpine:3.20', lookup(suffixed, 'NXDOMAIN')), from, says: 'passed' },
  'no search domain outside': {
    given: withObservations(cluster(client({}, undefined, 'alpine:3.20')), lookup(suffixed, 'SERVFAIL')),
    from,
    says: 'not-applicable',
  },
  'nobody asked': { given: of('alpine:3.20'), from, says: 'skipped' },
});
