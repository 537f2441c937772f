import check from '../../../src/checks/client/service-variables-missing.ts';
import type { Service } from '../../../src/k8s/objects.ts';
import { change, service, workload } from '../../kit/cluster.ts';
import { billing, caller } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';

const env = { BILLING_URL: 'http://$(BILLING_SERVICE_HOST):$(BILLING_SERVICE_PORT)' };
const late = [
  ...workload({ name: 'billing' }),
  change(service({ name: 'billing' }), (draft) => void (draft.metadata.creationTimestamp = '2026-03-02T09:30:00Z')),
];

examples(check, {
  'links switched off': {
    ...caller(env, billing(), {}, { enableServiceLinks: false }),
    says: {
      summary: ['BILLING_SERVICE_HOST', 'enableServiceLinks is false'],
      certainty: 'certain',
      evidence: ['$(BILLING_SERVICE_HOST)'],
    },
  },
  'a Service that is younger than the client': {
    ...caller(env, late),
    says: { summary: ['before Service billing was created', '2026-03-02T09:30:00Z'], certainty: 'certain' },
  },
  'a headless Service': {
    ...caller(env, billing({ clusterIP: 'None', clusterIPs: ['None'] })),
    says: { summary: ['no address of its own'], certainty: 'certain', evidence: ['spec.clusterIP: None'] },
  },
  'a shell that reads the variable': {
    ...caller(
      {},
      billing(),
      { command: ['sh', '-c', 'curl http://$BILLING_SERVICE_HOST/'] },
      { enableServiceLinks: false },
    ),
    says: { summary: ['BILLING_SERVICE_HOST'], certainty: 'certain' },
  },
  'links as usual': { ...caller(env), says: 'passed', detail: 'is injected' },
  'a variable of the client’s own': {
    ...caller({ BILLING_SERVICE_HOST: 'billing', ...env, BILLING_SERVICE_PORT: '80' }, late),
    says: 'passed',
  },
  'no such variable': { ...caller({ BILLING_URL: 'http://billing' }, late), says: 'passed' },
  'a Service of another name': {
    ...caller(env, [...billing(), service({ name: 'bill' }) satisfies Service], {}, { enableServiceLinks: false }),
    target: 'demo/bill',
    says: 'passed',
  },
});
