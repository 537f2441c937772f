import check from '../../../src/checks/dns/pods-pending.ts';
import { healthy, withDns } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const pending = withDns(given, (object) => {
  if (object.kind !== 'Pod') return;
  delete object.spec.nodeName;
  object.status = {
    phase: 'Pending',
    conditions: [
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message: '0/2 nodes are available: 2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.',
      },
    ],
  };
});

examples(check, {
  'no network plugin yet': {
    given: pending,
    says: { summary: ['2 of 2 CoreDNS Pods are Pending', 'not-ready'], certainty: 'certain' },
  },
  'both run': { given, says: 'passed' },
});
