import check from '../../../src/checks/endpoints/no-node-for-daemonset.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const [set, ...pods] = workload({
  kind: 'DaemonSet',
  name: 'agent',
  replicas: 2,
  spec: { nodeSelector: { role: 'edge' } },
});
const svc = service({ name: 'agent' });
const target = 'demo/agent';
const none = change(
  set,
  (draft) => void (draft.status = { desiredNumberScheduled: 0, currentNumberScheduled: 0, numberReady: 0 }),
);
const tainted = change(
  workload({ kind: 'DaemonSet', name: 'agent', replicas: 0 })[0],
  (draft) => void (draft.status = { desiredNumberScheduled: 0 }),
);

examples(check, {
  'a label that no node has': {
    target,
    given: cluster([none, svc]),
    says: {
      summary: ['DaemonSet agent', 'role=edge'],
      certainty: 'certain',
      evidence: ['node/node-a metadata.labels: role=(absent)', 'desiredNumberScheduled: 0'],
    },
  },
  'no node admits it': {
    target,
    given: cluster([tainted, svc]),
    says: { summary: ['wants 0 Pods'], certainty: 'certain' },
  },
  'its Pods run': { target, given: cluster([set, ...pods, svc]), says: 'passed' },
  'no DaemonSet': { target, given: cluster([workload({ name: 'agent' })[0], svc]), says: 'not-applicable' },
});
