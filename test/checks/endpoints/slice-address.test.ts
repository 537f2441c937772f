import check from '../../../src/checks/endpoints/slice-address.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { slice } from '../../kit/slices.ts';

const other = service({ namespace: 'data', name: 'postgres' });
const vip = other.spec.clusterIP ?? '';
const svc = service({ name: 'db', selector: null });

examples(check, {
  'the ClusterIP of another Service': {
    given: cluster([svc, other, slice({ name: 'db-1', addresses: [vip] })]),
    says: {
      summary: [vip, 'the ClusterIP of data/service/postgres'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['service/postgres spec.clusterIP'],
    },
  },
  'its own ClusterIP': {
    given: cluster([svc, slice({ name: 'db-1', addresses: [svc.spec.clusterIP ?? ''] })]),
    says: { summary: ['its own ClusterIP'], certainty: 'certain' },
  },
  'loopback, beside a good address': {
    given: cluster([svc, slice({ name: 'db-1', addresses: ['127.0.0.1', '192.168.40.7'] })]),
    says: { summary: ['127.0.0.1', 'loopback'], certainty: 'certain', impact: 'degrades' },
  },
  'a machine outside': { given: cluster([svc, other, slice({ name: 'db-1' })]), says: 'passed' },
  'the controller’s': {
    given: cluster([...workload({ name: 'db' }), service({ name: 'db' })]),
    says: 'not-applicable',
  },
});
