import check from '../../../src/checks/routes/controller-complains.ts';
import type { Event } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { ingress, ingressClass } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' }), ingressClass('alb', 'ingress.k8s.aws/alb')];
const said = (reason: string, message: string, type = 'Warning'): Event => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: `web.${reason.toLowerCase()}`, namespace: 'demo' },
  involvedObject: { kind: 'Ingress', name: 'web', namespace: 'demo' },
  type,
  reason,
  message,
  count: 12,
  lastTimestamp: '2026-03-02T09:58:00Z',
});
const subnets = said(
  'FailedBuildModel',
  "Failed build model due to couldn't auto-discover subnets: unable to resolve at least one subnet",
);

examples(check, {
  'it cannot build the load balancer': {
    target,
    given: cluster([...web, ingress({ address: null }), subnets]),
    says: {
      summary: ['FailedBuildModel', 'subnets'],
      certainty: 'likely',
      impact: 'breaks',
      evidence: ['seen 12 times'],
    },
  },
  'it serves an older state': {
    target,
    given: cluster([...web, ingress(), subnets]),
    says: { summary: ['FailedBuildModel'], certainty: 'possible', impact: 'risks' },
  },
  'it only tells that it has synced': {
    target,
    given: cluster([...web, ingress(), said('Sync', 'Scheduled for sync', 'Normal')]),
    says: 'passed',
  },
  'no Ingress': { target, given: cluster([...web, subnets]), says: 'not-applicable' },
});
