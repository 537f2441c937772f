import check from '../../../src/checks/dns/local-traffic-policy.ts';
import { client, healthy, withDns, withDnsPods } from '../../kit/dns.ts';
import { cluster } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const from = 'demo/Deployment/api';
const local = (nodes: readonly string[], given = healthy()) => {
  let next = 0;
  return withDns(given, (object) => {
    if (object.kind === 'Service') Object.assign(object.spec, { internalTrafficPolicy: 'Local' });
    if (object.kind === 'Pod') object.spec.nodeName = nodes[next++ % nodes.length] ?? '';
  });
};

examples(check, {
  'Cluster, as is usual': { given: healthy(), from, says: 'passed' },
  'Local, and none on the node of the client': {
    given: local(['node-b']),
    from,
    says: { summary: ['internalTrafficPolicy Local', 'node-a'], certainty: 'certain', impact: 'breaks' },
  },
  'Local, and one on every node': { given: local(['node-a', 'node-b']), from, says: 'passed' },
  'Local, and no client named': {
    given: local(['node-b']),
    says: { summary: ['node-a'], certainty: 'certain', impact: 'degrades' },
  },
  'nobody is ready anyway': { given: withDnsPods(local(['node-b']), {}), from, says: 'not-applicable' },
  'the client asks its node': {
    given: local(['node-b'], cluster(client({ dnsPolicy: 'Default' }))),
    from,
    says: 'not-applicable',
  },
});
