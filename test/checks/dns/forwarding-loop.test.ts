import check from '../../../src/checks/dns/forwarding-loop.ts';
import { crashed, healthy, logOf, withDnsPods, withObservations } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const down = withDnsPods(given, crashed(1));
const loop =
  '[FATAL] plugin/loop: Loop (127.0.0.1:55953 -> :53) detected for zone ".", see https://coredns.io/plugins/loop#troubleshooting.';

examples(check, {
  'the loop plugin says so': {
    given: withObservations(down, logOf(down, `.:53\n[INFO] plugin/reload: Running configuration\n${loop}\n`)),
    says: {
      summary: ['CrashLoopBackOff', 'kube-dns 10.96.0.10'],
      certainty: 'certain',
      evidence: ['plugin/loop', 'forward . /etc/resolv.conf'],
    },
  },
  'another crash': {
    given: withObservations(down, logOf(down, 'Listen: listen tcp :53: bind: permission denied')),
    says: 'passed',
  },
  'an old log of a server that is well now': { given: withObservations(given, logOf(given, loop)), says: 'passed' },
});
