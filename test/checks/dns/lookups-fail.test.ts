import check from '../../../src/checks/dns/lookups-fail.ts';
import type { Lookup } from '../../../src/snapshot/snapshot.ts';
import { dnsPodsIn, healthy, podIn, resolvConf, withObservations } from '../../kit/dns.ts';
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
const own = {
  from: { pod: { namespace: 'demo', name: podIn(given, 'api-') } },
  server: { resolverOf: { namespace: 'demo', name: podIn(given, 'api-') } },
  transport: 'udp',
} as const;
const name = 'db.demo.svc.cluster.local';

examples(check, {
  answered: { given: withObservations(given, lookup(name, 'NOERROR', own)), from, says: 'passed' },
  'no answer at the client, though the Pods know it': {
    given: withObservations(
      given,
      lookup(name, 'timeout', own),
      lookup(name, 'NOERROR', { server: { pod: { namespace: 'kube-system', name: dnsPodsIn(given)[0] ?? '' } } }),
    ),
    from,
    says: { summary: ['times out from the client at 10.96.0.10', 'when asked directly'], certainty: 'certain' },
  },
  'no answer anywhere': {
    given: withObservations(given, lookup('kubernetes.default.svc.cluster.local', 'timeout', own)),
    from,
    says: { summary: ['times out', '2 DNS Pods are ready'], certainty: 'likely' },
  },
  SERVFAIL: {
    given: withObservations(given, lookup(name, 'SERVFAIL')),
    from,
    says: { summary: ['SERVFAIL', 'the DNS Service'], certainty: 'likely', impact: 'breaks' },
  },
  'one name of two': {
    given: withObservations(
      given,
      lookup(name, 'timeout', own),
      lookup('kubernetes.default.svc.cluster.local', 'NOERROR', own),
    ),
    from,
    says: { summary: ['times out'], certainty: 'likely', impact: 'degrades' },
  },
  'a retry succeeded': {
    given: withObservations(given, lookup(name, 'timeout', own), lookup(name, 'NOERROR', own)),
    from,
    says: 'passed',
  },
  'a name outside': {
    given: withObservations(
      given,
      lookup('example.com', 'SERVFAIL', own),
      resolvConf(given, 'nameserver 10.96.0.10\n'),
    ),
    from,
    says: 'passed',
  },
});
