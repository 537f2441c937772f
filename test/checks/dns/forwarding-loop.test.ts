import check from '../../../src/checks/dns/forwarding-loop.ts';
import { crashed, healthy, logOf, withCorefile, withDns, withDnsPods, withObservations } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const down = withDnsPods(given, crashed(1));
const loop =
  '[FATAL] plugin/loop: Loop (127.0.0.1:55953 -> :53) detected for zone ".", see https://coredns.io/plugins/loop#troubleshooting.';
const forward = (of: typeof given, to: string) =>
  withCorefile(of, (text) => text.replace('forward . /etc/resolv.conf', `forward . ${to}`));

examples(check, {
  'the loop plugin says so': {
    given: withObservations(down, logOf(down, `.:53\n[INFO] plugin/reload: Running configuration\n${loop}\n`)),
    says: {
      summary: ['CrashLoopBackOff', 'kube-dns 10.96.0.10'],
      certainty: 'certain',
      evidence: ['plugin/loop', 'forward . /etc/resolv.conf'],
    },
  },
  'nobody read a log, and the Corefile forwards to a stub on the loopback': {
    given: forward(down, '127.0.0.53'),
    says: {
      summary: ['forward . 127.0.0.53 leads back to CoreDNS', 'CrashLoopBackOff'],
      certainty: 'likely',
      impact: 'breaks',
      patchCannotShow: 'the Pods stay in CrashLoopBackOff until they start again',
    },
  },
  'nobody read a log, and it forwards to its own Service': {
    given: forward(down, '10.96.0.10'),
    says: {
      summary: ['forward . 10.96.0.10 leads back to CoreDNS'],
      certainty: 'likely',
      patchCannotShow: 'the Pods stay in CrashLoopBackOff until they start again',
    },
  },
  'nobody read a log, and its dnsPolicy makes it ask itself': {
    given: withDns(down, (object) => {
      if (object.kind === 'Deployment')
        (object.spec as unknown as { template: { spec: { dnsPolicy: string } } }).template.spec.dnsPolicy =
          'ClusterFirst';
    }),
    says: {
      summary: ['dnsPolicy ClusterFirst', 'leads back to CoreDNS'],
      certainty: 'likely',
      patchCannotShow: 'the Pods stay in CrashLoopBackOff until they start again',
    },
  },
  'without the loop plugin it would not notice': {
    given: withCorefile(forward(down, '127.0.0.53'), (text) => text.replace('    loop\n', '')),
    says: 'passed',
  },
  'on hostNetwork that stub is the node’s': {
    given: forward(withDnsPods(given, crashed(1), { hostNetwork: true }), '127.0.0.53'),
    says: 'passed',
  },
  'out of memory': { given: forward(withDnsPods(given, crashed(137, 'OOMKilled')), '127.0.0.53'), says: 'passed' },
  'its servers are outside': { given: down, says: 'passed' },
  'another crash': {
    given: withObservations(down, logOf(down, 'Listen: listen tcp :53: bind: permission denied')),
    says: 'passed',
  },
  'an old log of a server that is well now': { given: withObservations(given, logOf(given, loop)), says: 'passed' },
});
