import check from '../../../src/checks/dns/pods-cannot-start.ts';
import { healthy, withDnsPods } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();

examples(check, {
  'the image cannot be pulled': {
    given: withDnsPods(given, {
      phase: 'Pending',
      containerStatuses: [
        {
          name: 'coredns',
          ready: false,
          restartCount: 0,
          state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } },
        },
      ],
    }),
    says: { summary: ['ImagePullBackOff', 'registry.k8s.io/coredns/coredns:v1.14.0'], certainty: 'certain' },
  },
  'both run': { given, says: 'passed' },
});
