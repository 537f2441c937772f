import check from '../../../src/checks/endpoints/node-lost.ts';
import { change, cluster, service, unready, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event, podOf, withPods } from '../../kit/pod-states.ts';
import type { Snapshot } from '../../../src/snapshot/snapshot.ts';

const db = workload({ kind: 'StatefulSet', name: 'db', nodes: ['node-b'] });
const svc = service({ name: 'db' });
const lost = withPods(db, (pod) => unready(pod, '', ''));
const down = (given: Snapshot): Snapshot =>
  change(given, (draft) => {
    for (const object of draft.objects as {
      metadata: { name: string };
      spec?: unknown;
      status?: { conditions?: unknown };
    }[])
      if (object.metadata.name === 'node-b') {
        object.spec = { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }] };
        object.status = {
          conditions: [
            {
              type: 'Ready',
              status: 'Unknown',
              reason: 'NodeStatusUnknown',
              message: 'Kubelet stopped posting node status.',
            },
          ],
        };
      }
  });

examples(check, {
  'a kubelet that stopped reporting': {
    given: down(cluster([...lost, svc, event(podOf(db), 'NodeNotReady', 'Node is not ready')])),
    says: {
      summary: ['node-b', 'NodeStatusUnknown', 'Pod db-0'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: [
        'Kubelet stopped posting node status',
        'node.kubernetes.io/unreachable:NoExecute',
        'every container says ready',
      ],
    },
  },
  'a node without its network plugin': {
    given: change(down(cluster([...lost, svc])), (draft) => {
      for (const object of draft.objects as { metadata: { name: string }; status?: unknown }[])
        if (object.metadata.name === 'node-b')
          object.status = {
            conditions: [
              {
                type: 'Ready',
                status: 'False',
                reason: 'KubeletNotReady',
                message:
                  'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
              },
            ],
          };
    }),
    says: { summary: ['node-b', 'its network plugin is not ready', 'Pod db-0'], certainty: 'certain' },
  },
  'a node that is gone for good': {
    given: change(cluster([...lost, svc]), (draft) => {
      draft.objects = draft.objects.filter(({ metadata }) => metadata.name !== 'node-b');
    }),
    says: { summary: ['node-b', 'does not exist'], certainty: 'certain' },
  },
  'a node that is well': { given: cluster([...lost, svc]), says: 'passed' },
  'Pods on another node': {
    given: down(cluster([...workload({ name: 'db', nodes: ['node-a'] }), svc])),
    says: 'passed',
  },
});
