import check from '../../../src/checks/client/api-server-port.ts';
import type { KubeObject } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const guard = [
  ...workload({ name: 'guard' }),
  service({ name: 'guard', ports: [{ name: 'https', port: 10250, targetPort: 8443 }] }),
];
const webhook = (port?: number, failurePolicy = 'Fail', name = 'guard'): KubeObject =>
  ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'guard' },
    webhooks: [
      {
        name: 'guard.example.com',
        failurePolicy,
        clientConfig: { service: { name, namespace: 'demo', ...(port === undefined ? {} : { port }) } },
      },
    ],
  }) as KubeObject;
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'shops.example.com' },
  spec: {
    conversion: { strategy: 'Webhook', webhook: { clientConfig: { service: { name: 'guard', namespace: 'demo' } } } },
  },
} as KubeObject;
const api = {
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: 'v1beta1.metrics.example.com' },
  spec: { service: { name: 'guard', namespace: 'demo', port: 443 } },
} as KubeObject;
const target = 'demo/guard';

examples(check, {
  'the default port, which the Service does not have': {
    target,
    given: cluster([...guard, webhook()]),
    says: {
      summary: ['guard (webhook guard.example.com) calls port 443 of guard, the default', 'https 10250/TCP'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['webhooks[0].clientConfig.service.port: absent, which means 443'],
    },
  },
  'the port of the container': {
    target,
    given: cluster([...guard, webhook(8443)]),
    says: { summary: ['calls port 8443 of guard;'], certainty: 'certain' },
  },
  'one whose failure is ignored': {
    target,
    given: cluster([...guard, webhook(443, 'Ignore')]),
    says: { summary: ['port 443'], certainty: 'certain', impact: 'degrades' },
  },
  'an aggregated API': {
    target,
    given: cluster([...guard, api]),
    says: {
      summary: ['APIService v1beta1.metrics.example.com (API v1beta1.metrics.example.com)'],
      certainty: 'certain',
    },
  },
  'a conversion webhook': {
    target,
    given: cluster([...guard, definition]),
    says: { summary: ['conversion webhook of shops.example.com'], certainty: 'certain' },
  },
  'the port of the Service': { target, given: cluster([...guard, webhook(10250)]), says: 'passed' },
  'an alias of a host outside': {
    target,
    given: cluster([
      service({
        name: 'guard',
        selector: null,
        ports: [],
        spec: { type: 'ExternalName', externalName: 'guard.example.com' },
      }),
      webhook(),
    ]),
    says: 'not-applicable',
  },
  'another Service': { target, given: cluster([...guard, webhook(443, 'Fail', 'other')]), says: 'not-applicable' },
  'no webhooks': { target, given: cluster(guard), says: 'not-applicable' },
});
