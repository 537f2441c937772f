import { expect, test } from 'vitest';
import { fullFor, missingRequests, refusalIn } from '../../src/k8s/creation-failures.ts';
import type { LimitRange, ResourceQuota } from '../../src/k8s/objects.ts';

test.each([
  [
    'pods "a" is forbidden: failed quota: rq: must specify limits.cpu for: a',
    { by: 'quota', name: 'rq', demands: 'limits.cpu for: a' },
  ],
  [
    'pods "a" is forbidden: exceeded quota: rq, requested: pods=1, used: pods=4, limited: pods=4',
    { by: 'quota', name: 'rq' },
  ],
  [
    'pods "a" is forbidden: violates PodSecurity "baseline:v1.30": host namespaces (hostNetwork=true)',
    { by: 'pod security', level: 'baseline:v1.30' },
  ],
  [
    'admission webhook "policy.example.com" denied the request: no',
    { by: 'webhook', name: 'policy.example.com', answers: true },
  ],
  [
    'Internal error occurred: failed calling webhook "inject.example.com": connection refused',
    { by: 'webhook', name: 'inject.example.com', answers: false },
  ],
  [
    "pods \"a\" is forbidden: ValidatingAdmissionPolicy 'no-latest' with binding 'all' denied request",
    { by: 'admission policy', name: 'no-latest' },
  ],
  [
    'pods "a" is forbidden: error looking up service account demo/api: serviceaccount "api" not found',
    { by: 'service account', name: 'api' },
  ],
  [
    'pods "a" is forbidden: unable to validate against any security context constraint: []',
    { by: 'security context constraint' },
  ],
  [
    'pods "a" is forbidden: unable to create new content in namespace demo because it is being terminated',
    { by: 'namespace' },
  ],
  ['Pod "a" is invalid: spec.containers[0].name: Duplicate value', { by: 'API server' }],
])('%s', (message, refusal) => expect(refusalIn(message)).toMatchObject(refusal));

const quota: ResourceQuota = {
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'rq' },
  spec: { hard: { pods: '4', 'requests.cpu': '2', 'limits.memory': '1Gi' } },
  status: { hard: { pods: '4' }, used: { pods: '4' } },
};
const defaults: LimitRange = {
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name: 'lr' },
  spec: { limits: [{ type: 'Container' }] },
};
const template = { spec: { containers: [{ name: 'a', resources: { requests: { cpu: '50m' } } }] } };

test('a quota on compute resources demands that every container asks for them', () => {
  expect(missingRequests(template, quota, [])).toEqual(['limits.memory']);
  expect(missingRequests(template, quota, [defaults])).toEqual([]);
});

test('a quota on Pods can be full', () => expect(fullFor(quota)).toBe('pods 4 of 4'));
