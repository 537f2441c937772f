import check from '../../../src/checks/dns/forwards-to-itself.ts';
import { crashed, healthy, withCorefile, withDns, withDnsPods } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const forward = (to: string) =>
  withCorefile(given, (text) => text.replace('forward . /etc/resolv.conf', `forward . ${to}`));

examples(check, {
  'to the node’s servers': { given, says: 'passed' },
  'to its own Service': {
    given: forward('10.96.0.10'),
    says: { summary: ['forward . 10.96.0.10'], certainty: 'certain', impact: 'degrades' },
  },
  'to its loopback': { given: forward('127.0.0.1'), says: { summary: ['forward . 127.0.0.1'], certainty: 'certain' } },
  'the loop plugin has ended it': { given: withDnsPods(forward('127.0.0.1'), crashed(1)), says: 'not-applicable' },
  'on hostNetwork the loopback is the node’s': {
    given: withDns(forward('127.0.0.53'), (object) => {
      if (object.kind === 'Pod') Object.assign(object.spec, { hostNetwork: true });
    }),
    says: 'passed',
  },
  'to another server on the loopback': { given: forward('127.0.0.1:5300'), says: 'passed' },
  'to servers outside': { given: forward('tls://1.1.1.1 8.8.8.8:53'), says: 'passed' },
  'with ClusterFirst its resolv.conf is itself': {
    given: withDns(given, (object) => {
      if (object.kind === 'Deployment')
        (object.spec as unknown as { template: { spec: { dnsPolicy: string } } }).template.spec.dnsPolicy =
          'ClusterFirst';
    }),
    says: { summary: ['dnsPolicy ClusterFirst', '10.96.0.10'], certainty: 'likely' },
  },
});
