import check from '../../../src/checks/dns/upstream-unreachable.ts';
import type { Lookup } from '../../../src/snapshot/snapshot.ts';
import { healthy, logOf, resolvConf, withDnsPods, withObservations } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const line = '[ERROR] plugin/errors: 2 github.com. A: read udp 10.244.0.5:39876->192.168.1.1:53: i/o timeout';
const lookup = (name: string, outcome: Lookup['outcome']): Lookup => ({
  kind: 'Lookup',
  from: { portForward: true },
  server: { clusterDNS: true },
  transport: 'tcp',
  name,
  type: 'A',
  outcome,
});

examples(check, {
  'nothing was seen': { given, says: 'passed' },
  'the log says timeout': {
    given: withObservations(
      given,
      logOf(given, `[INFO] 10.244.1.9:5353 - 1 "A IN db.demo.svc.cluster.local."\n${line}\n`, false),
    ),
    says: {
      summary: ['192.168.1.1:53', 'i/o timeout', 'Services resolve'],
      certainty: 'certain',
      impact: 'degrades',
      evidence: ['forward . /etc/resolv.conf'],
    },
  },
  'only outside names fail': {
    given: withObservations(
      given,
      lookup('db.demo.svc.cluster.local', 'NOERROR'),
      lookup('github.com.', 'SERVFAIL'),
      resolvConf(given, 'nameserver 10.96.0.10\n'),
    ),
    says: { summary: ['github.com', 'SERVFAIL'], certainty: 'likely' },
  },
  'outside names resolve': {
    given: withObservations(given, lookup('db.demo.svc.cluster.local', 'NOERROR'), lookup('github.com.', 'NOERROR')),
    says: 'passed',
  },
  'the server is down': {
    given: withObservations(withDnsPods(given, {}), logOf(given, line, false)),
    says: 'not-applicable',
  },
});
