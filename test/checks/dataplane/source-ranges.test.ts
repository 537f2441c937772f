import check from '../../../src/checks/dataplane/source-ranges.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import type { Pod } from '../../../src/k8s/objects.ts';

const balanced = (ranges: readonly string[]) =>
  change(service({ name: 'db', spec: { type: 'LoadBalancer', loadBalancerSourceRanges: ranges } }), (draft) => {
    draft.status = { loadBalancer: { ingress: [{ ip: '203.0.113.10' }] } };
  });
const db = workload({ name: 'db' });
const api = workload({ name: 'api', container: { env: [{ name: 'DB_URL', value: 'http://203.0.113.10:80' }] } });
const inner = workload({ name: 'api', container: { env: [{ name: 'DB_URL', value: 'http://db' }] } });
const caller = inner.find((object): object is Pod => object.kind === 'Pod')?.metadata.name ?? '';
const from = 'demo/Deployment/api';

examples(check, {
  'the client calls the external address': {
    given: cluster([...db, balanced(['198.51.100.0/24']), ...api]),
    from,
    says: { summary: ['203.0.113.10', '198.51.100.0/24 only'], certainty: 'likely', impact: 'breaks' },
  },
  'and it was tried': {
    given: cluster(
      [...db, balanced(['198.51.100.0/24']), ...inner],
      [
        {
          kind: 'Connect',
          from: { pod: { namespace: 'demo', name: caller } },
          to: { address: '203.0.113.10', port: 80, protocol: 'TCP' },
          outcome: 'timeout',
        },
      ],
    ),
    from,
    says: { summary: ['203.0.113.10'], certainty: 'certain' },
  },
  'the nodes are in the ranges': {
    given: cluster([...db, balanced(['192.168.10.0/24']), ...api]),
    from,
    says: 'passed',
  },
  'the client calls by name': {
    given: cluster([...db, balanced(['198.51.100.0/24']), ...inner]),
    from,
    says: 'passed',
  },
  'no ranges': { given: cluster([...db, balanced([]), ...api]), from, says: 'not-applicable' },
});
