import check from '../../../src/checks/mesh/authorization-refuses.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { authorizationPolicy, meshed, meshNamespace } from '../../kit/mesh.ts';

const target = 'shop/ledger';
const from = 'shop/Deployment/api';
const ledger = [
  meshNamespace('shop'),
  ...meshed({ namespace: 'shop', name: 'ledger' }),
  service({ namespace: 'shop', name: 'ledger' }),
];
const api = meshed({ namespace: 'shop', name: 'api', spec: { serviceAccountName: 'api' } });
const given = (...objects: Parameters<typeof cluster>[0]) => cluster([...ledger, ...api, ...objects]);
const allow = (rule: object, more: object = {}) =>
  authorizationPolicy('shop', 'ledger', {
    selector: { matchLabels: { app: 'ledger' } },
    action: 'ALLOW',
    rules: [rule],
    ...more,
  });
const principals = (...names: string[]) => ({ from: [{ source: { principals: names } }] });

examples(check, {
  'another principal is allowed': {
    target,
    from,
    given: given(allow(principals('cluster.local/ns/shop/sa/web'))),
    says: {
      summary: ['shop/ledger', 'cluster.local/ns/shop/sa/api', 'port 8080'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['cluster.local/ns/shop/sa/web'],
    },
  },
  'a policy that allows nothing': {
    target,
    from,
    given: given(authorizationPolicy('shop', 'allow-nothing')),
    says: { summary: ['allow-nothing', 'no rules'], certainty: 'certain' },
  },
  'a policy that allows nothing, for everybody': {
    target,
    given: given(authorizationPolicy('istio-system', 'deny-all')),
    says: { summary: ['istio-system/deny-all', 'anybody'], certainty: 'certain' },
  },
  'another namespace is allowed': {
    target,
    from,
    given: given(allow({ from: [{ source: { namespaces: ['checkout'] } }] })),
    says: { summary: ['not cluster.local/ns/shop/sa/api'], certainty: 'certain' },
  },
  'the port of the Service instead of that of the Pod': {
    target,
    from,
    given: given(allow({ to: [{ operation: { ports: ['80'] } }] })),
    says: { summary: ['on port 8080'], certainty: 'certain', evidence: ['"80"'] },
  },
  'the client has no sidecar, so no identity': {
    target,
    from: 'batch/Deployment/export',
    given: given(...workload({ namespace: 'batch', name: 'export' }), allow(principals('*'))),
    says: { summary: ['batch/export', 'no sidecar'], certainty: 'certain' },
  },
  'DENY for its namespace': {
    target,
    from,
    given: given(allow({ from: [{ source: { namespaces: ['shop'] } }] }, { action: 'DENY' })),
    says: { summary: ['action DENY'], certainty: 'certain' },
  },
  'DENY for everything': {
    target,
    given: given(authorizationPolicy('shop', 'closed', { action: 'DENY', rules: [{}] })),
    says: { summary: ['shop/closed', 'DENY'], certainty: 'certain' },
  },
  'methods mean nothing on a TCP port': {
    target,
    from,
    given: cluster([
      meshNamespace('shop'),
      ...meshed({ namespace: 'shop', name: 'ledger' }),
      service({ namespace: 'shop', name: 'ledger', ports: [{ name: 'tcp-ledger', port: 80, targetPort: 8080 }] }),
      ...api,
      allow({ to: [{ operation: { methods: ['GET'] } }] }),
    ]),
    says: { summary: ['shop/ledger'], certainty: 'certain' },
  },
  'its own principal': {
    target,
    from,
    given: given(allow(principals('cluster.local/ns/shop/sa/api'))),
    says: 'passed',
  },
  'its principal in another trust domain': {
    target,
    from,
    given: given(allow(principals('corp.example/ns/shop/sa/api'))),
    says: 'passed',
  },
  'its whole namespace': { target, from, given: given(allow(principals('cluster.local/ns/shop/*'))), says: 'passed' },
  'a path, which only the request shows': {
    target,
    from,
    given: given(allow({ to: [{ operation: { paths: ['/v1/*'], methods: ['GET'] } }] })),
    says: 'passed',
  },
  'a policy for another workload': {
    target,
    from,
    given: given(
      authorizationPolicy('shop', 'web', { selector: { matchLabels: { app: 'web' } }, rules: [principals('x')] }),
    ),
    says: 'passed',
  },
  'allow-nothing, and another policy that allows': {
    target,
    from,
    given: given(authorizationPolicy('shop', 'allow-nothing'), allow(principals('cluster.local/ns/shop/sa/api'))),
    says: 'passed',
  },
  'the server has no sidecar': {
    target,
    from,
    given: cluster([
      ...workload({ namespace: 'shop', name: 'ledger' }),
      service({ namespace: 'shop', name: 'ledger' }),
      ...api,
      authorizationPolicy('shop', 'allow-nothing'),
    ]),
    says: 'not-applicable',
  },
});
