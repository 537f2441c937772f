import check from '../../../src/checks/dataplane/no-common-family.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const six = service({
  name: 'db',
  spec: { ipFamilies: ['IPv6'], clusterIP: 'fd00:10:96::7', clusterIPs: ['fd00:10:96::7'] },
});
const objects = [...workload({ name: 'db' }), ...workload({ name: 'api' })];
const from = 'demo/Deployment/api';

examples(check, {
  'an IPv6 Service and an IPv4 client': {
    given: cluster([...objects, six]),
    from,
    says: {
      summary: ['db is IPv6 only', 'has IPv4 only'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['fd00:10:96::7'],
    },
  },
  'one family in common': { given: cluster([...objects, service({ name: 'db' })]), from, says: 'passed' },
  'an ExternalName': {
    given: cluster([
      ...objects,
      service({ name: 'db', selector: null, spec: { type: 'ExternalName', externalName: 'db.example.com' } }),
    ]),
    from,
    says: 'not-applicable',
  },
  'no client': { given: cluster([...objects, six]), says: 'not-applicable' },
});
