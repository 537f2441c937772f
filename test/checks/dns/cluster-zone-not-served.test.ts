import check from '../../../src/checks/dns/cluster-zone-not-served.ts';
import { healthy, kubeletConfig, stack, withCorefile } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const without = (text: string) => text.replace(/    kubernetes[\s\S]*?\n    \}\n/, '');

examples(check, {
  'the plugin names cluster.local': { given, says: 'passed', detail: 'cluster.local' },
  'the plugin was removed': {
    given: withCorefile(given, without),
    says: { summary: ['no kubernetes plugin', 'cluster.local', 'forward . /etc/resolv.conf'], certainty: 'certain' },
  },
  'the plugin names no zone': {
    given: withCorefile(healthy([...stack, kubeletConfig('clusterDomain: corp.internal\n')]), (text) =>
      text.replace('kubernetes cluster.local in-addr.arpa ip6.arpa', 'kubernetes'),
    ),
    says: { summary: ['names no zone', 'corp.internal'], certainty: 'certain' },
  },
  'a block of its own for the zone': {
    given: withCorefile(given, (text) => `${without(text)}\ncluster.local:53 {\n    kubernetes\n}\n`),
    says: 'passed',
  },
  'it may stand in an imported file': {
    given: withCorefile(given, (text) => without(text).replace('errors', 'import /etc/coredns/kubernetes.conf')),
    says: 'passed',
  },
  'a Corefile that cannot be read': { given: withCorefile(given, () => '. {'), says: 'not-applicable' },
});
