import check from '../../../src/checks/dns/replicas-disagree.ts';
import type { Lookup } from '../../../src/snapshot/snapshot.ts';
import { dnsPodsIn, healthy, resolvConf, withObservations } from '../../kit/dns.ts';
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
const [one = '', two = ''] = dnsPodsIn(given);
const at = (pod: string): Asked => ({ server: { pod: { namespace: 'kube-system', name: pod } } });
const name = 'db.demo.svc.cluster.local';

examples(check, {
  'one knows nothing': {
    given: withObservations(given, lookup(name, 'NOERROR', at(one)), lookup(name, 'SERVFAIL', at(two))),
    from,
    says: { summary: [two, 'SERVFAIL', one], certainty: 'certain', impact: 'degrades' },
  },
  'one does not answer': {
    given: withObservations(
      given,
      lookup(name, 'timeout', at(one)),
      lookup(name, 'NOERROR', at(two)),
      resolvConf(given, 'nameserver 10.96.0.10\n'),
    ),
    from,
    says: { summary: [one, 'timeout'], certainty: 'certain' },
  },
  'both know it': {
    given: withObservations(given, lookup(name, 'NOERROR', at(one)), lookup(name, 'NOERROR', at(two))),
    from,
    says: 'passed',
  },
  'neither does': {
    given: withObservations(given, lookup(name, 'NXDOMAIN', at(one)), lookup(name, 'NXDOMAIN', at(two))),
    from,
    says: 'passed',
  },
  'a name outside the cluster': {
    given: withObservations(
      given,
      lookup('example.com', 'NOERROR', at(one)),
      lookup('example.com', 'SERVFAIL', at(two)),
    ),
    from,
    says: 'passed',
  },
});
