import check from '../../../src/checks/dns/search-list-cut.ts';
import { cluster, objectsIn } from '../../kit/cluster.ts';
import { client, podIn } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const from = 'demo/Deployment/api';
const objects = client({ dnsConfig: { searches: ['corp.example.com', 'lab.example.com'] } });
const event = (message: string, reason = 'DNSConfigForming') =>
  objectsIn(`
apiVersion: v1
kind: Event
metadata: { name: api.17b, namespace: demo }
involvedObject: { kind: Pod, name: ${podIn(cluster(objects), 'api-')}, namespace: demo }
type: Warning
reason: ${reason}
message: '${message}'
`);
const applied =
  'Search Line limits were exceeded, some search paths have been omitted, the applied search line is: demo.svc.cluster.local svc.cluster.local cluster.local a.example.com b.example.com corp.example.com';

examples(check, {
  'six were kept': {
    given: cluster([...objects, ...event(applied)]),
    from,
    says: {
      summary: ['too many search domains', 'DNSConfigForming', 'kept 6 and left out lab.example.com'],
      certainty: 'certain',
      impact: 'risks',
    },
  },
  'too many nameservers': {
    given: cluster([
      ...objects,
      ...event('Nameserver limits were exceeded, the applied nameserver line is: 10.96.0.10 10.0.0.2 10.0.0.3'),
    ]),
    from,
    says: 'passed',
  },
  'nothing said': { given: cluster(objects), from, says: 'passed' },
});
