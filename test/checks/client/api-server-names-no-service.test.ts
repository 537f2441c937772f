import check from '../../../src/checks/client/api-server-names-no-service.ts';
import type { KubeObject } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const guard = [...workload({ name: 'guard' }), service({ name: 'guard-webhook' }), service({ name: 'metrics' })];
const webhook = (name: string, failurePolicy = 'Fail'): KubeObject =>
  ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'guard' },
    webhooks: [
      { name: 'guard.example.com', failurePolicy, clientConfig: { service: { name, namespace: 'demo' } } },
      { name: 'outside.example.com', clientConfig: { url: 'https://hooks.example.com' } },
    ],
  }) as KubeObject;

examples(check, {
  'the Service was renamed': {
    target: 'demo/guard-webhook',
    given: cluster([...guard, webhook('guard-webhooks')]),
    says: {
      summary: ['(webhook guard.example.com) calls Service guard-webhooks, which does not exist', 'guard-webhook does'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['webhooks[0].clientConfig.service.name: demo/guard-webhooks'],
    },
  },
  'the Service is gone, and its webhook stayed': {
    target: 'demo/policy',
    given: cluster([...guard, webhook('policy', 'Ignore')]),
    says: { summary: ['calls Service policy'], certainty: 'certain', impact: 'degrades' },
  },
  'the Service that is there': {
    target: 'demo/guard-webhook',
    given: cluster([...guard, webhook('guard-webhook')]),
    says: 'passed',
  },
  'a name that is not near': {
    target: 'demo/metrics',
    given: cluster([...guard, webhook('policy')]),
    says: 'not-applicable',
  },
});
