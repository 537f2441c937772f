import check from '../../../src/checks/dns/pods-not-ready.ts';
import { healthy, logOf, withDnsPods, withObservations } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const waiting = withDnsPods(given, {
  containerStatuses: [
    {
      name: 'coredns',
      ready: false,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: '2026-03-02T09:00:20Z' } },
    },
  ],
});
const lost = {
  ...waiting,
  objects: waiting.objects.map((object) =>
    object.kind === 'Node'
      ? {
          ...object,
          status: {
            conditions: [
              {
                type: 'Ready',
                status: 'Unknown',
                reason: 'NodeStatusUnknown',
                message: 'Kubelet stopped posting node status.',
              },
            ],
          },
        }
      : object,
  ),
};

examples(check, {
  'it waits for a plugin': {
    given: withObservations(waiting, logOf(waiting, '[INFO] plugin/ready: Still waiting on: "kubernetes"', false)),
    says: { summary: ['kube-dns 10.96.0.10', 'Still waiting on'], certainty: 'certain' },
  },
  'its nodes are lost': { given: lost, says: { summary: ['node-a', 'NotReady'], certainty: 'certain' } },
  'both run': { given, says: 'passed' },
});
