import check from '../../../src/checks/dataplane/node-not-ready.ts';
import { change, cluster, node, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const lost = (name: string, address: string) =>
  change(node(name, address), (draft) => {
    draft.status = {
      ...draft.status,
      conditions: [
        {
          type: 'Ready',
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
        },
      ],
    };
  });
const objects = [...workload({ name: 'db', nodes: ['node-c'] }), service({ name: 'db' })];

examples(check, {
  'the only endpoint is on it': {
    given: cluster([...objects, lost('node-c', '192.168.10.13')]),
    says: { summary: ['node-c is NotReady (NodeStatusUnknown)', '1 of 1'], certainty: 'likely', impact: 'breaks' },
  },
  'one of two endpoints': {
    given: cluster([
      ...workload({ name: 'db', replicas: 2, nodes: ['node-a', 'node-c'] }),
      service({ name: 'db' }),
      lost('node-c', '192.168.10.13'),
    ]),
    says: { summary: ['1 of 2'], certainty: 'likely', impact: 'degrades' },
  },
  'the client runs on it': {
    given: cluster([
      ...workload({ name: 'db', nodes: ['node-a'] }),
      service({ name: 'db' }),
      ...workload({ name: 'api', nodes: ['node-c'] }),
      lost('node-c', '192.168.10.13'),
    ]),
    from: 'demo/Deployment/api',
    says: { summary: ['api calls from it'], certainty: 'likely', impact: 'breaks' },
  },
  'nothing of this is on it': {
    given: cluster([
      ...workload({ name: 'db', nodes: ['node-a'] }),
      service({ name: 'db' }),
      lost('node-c', '192.168.10.13'),
    ]),
    says: 'passed',
  },
  'all are Ready': { given: cluster([...workload({ name: 'db' }), service({ name: 'db' })]), says: 'passed' },
});
