import check from '../../../src/checks/dns/api-unreachable.ts';
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

examples(check, {
  'no route to the API': {
    given: withObservations(
      waiting,
      logOf(
        waiting,
        '[INFO] plugin/ready: Still waiting on: "kubernetes"\n[ERROR] plugin/kubernetes: Failed to watch *v1.Namespace: Get "https://10.96.0.1:443/api/v1/namespaces?limit=500": dial tcp 10.96.0.1:443: i/o timeout',
        false,
      ),
    ),
    says: { summary: ['10.96.0.1:443', 'kube-dns'], certainty: 'certain' },
  },
  'it waits and says nothing of a connection': {
    given: withObservations(waiting, logOf(waiting, 'Still waiting on: "kubernetes"', false)),
    says: 'passed',
  },
});
