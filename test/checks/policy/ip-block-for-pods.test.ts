import check from '../../../src/checks/policy/ip-block-for-pods.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { policy } from '../../kit/policies.ts';

const objects = [...workload({ name: 'db' }), service({ name: 'db' }), ...workload({ name: 'api' })];
const cilium = workload({ namespace: 'kube-system', name: 'cilium', kind: 'DaemonSet', replicas: 2 });
const byBlock = policy(
  'demo/db-policy',
  'podSelector: {matchLabels: {app: db}}\ningress: [{from: [{ipBlock: {cidr: 10.244.0.0/16}}]}]',
);
const from = 'demo/Deployment/api';

examples(check, {
  'a block of the Pod range, and Cilium': {
    given: cluster([...objects, ...cilium, byBlock]),
    from,
    says: {
      summary: ['db-policy lets api in by ipBlock 10.244.0.0/16', 'Cilium'],
      certainty: 'likely',
      impact: 'breaks',
    },
  },
  'egress by a block': {
    given: cluster([
      ...objects,
      ...cilium,
      policy('demo/out', 'podSelector: {}\npolicyTypes: [Egress]\negress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]'),
    ]),
    from,
    says: { summary: ['out lets api out to db'], certainty: 'likely' },
  },
  'by labels as well': {
    given: cluster([
      ...objects,
      ...cilium,
      byBlock,
      policy('demo/labels', 'podSelector: {}\ningress: [{from: [{namespaceSelector: {}}]}]'),
    ]),
    from,
    says: 'passed',
  },
  'another plugin': { given: cluster([...objects, byBlock]), from, says: 'not-applicable' },
});
