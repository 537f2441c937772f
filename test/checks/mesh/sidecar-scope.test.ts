import check from '../../../src/checks/mesh/sidecar-scope.ts';
import type { KubeObject } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { meshed, peerAuthentication, sidecar } from '../../kit/mesh.ts';

const target = 'shop/ledger';
const from = 'web/Deployment/front';
const ledger = [...meshed({ namespace: 'shop', name: 'ledger' }), service({ namespace: 'shop', name: 'ledger' })];
const front = meshed({ namespace: 'web', name: 'front' });
const given = (...objects: Parameters<typeof cluster>[0]) => cluster([...ledger, ...front, ...objects]);
const narrow = (hosts: readonly string[], more: object = {}) =>
  sidecar('web', 'default', { egress: [{ hosts }], ...more });
const registryOnly = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'istio', namespace: 'istio-system' },
  data: { mesh: 'outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n' },
} as KubeObject;
const exported = (to: string) =>
  cluster([
    ...meshed({ namespace: 'shop', name: 'ledger' }),
    change(
      service({ namespace: 'shop', name: 'ledger' }),
      (draft) => void (draft.metadata.annotations = { 'networking.istio.io/exportTo': to }),
    ),
    ...front,
    registryOnly,
  ]);

examples(check, {
  'the namespace is left out, and the mesh knows only its registry': {
    target,
    from,
    given: given(narrow(['./*', 'istio-system/*']), registryOnly),
    says: {
      summary: ['web/default', './*, istio-system/*', 'shop/ledger'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['REGISTRY_ONLY'],
    },
  },
  'the Sidecar itself says REGISTRY_ONLY': {
    target,
    from,
    given: given(narrow(['./*'], { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } })),
    says: { summary: ['web/default'], certainty: 'certain' },
  },
  'the server is strict': {
    target,
    from,
    given: given(narrow(['./*']), peerAuthentication('istio-system', 'default', { mtls: { mode: 'STRICT' } })),
    says: { summary: ['web/default'], certainty: 'certain', evidence: ['STRICT'] },
  },
  'unknown hosts are passed on': {
    target,
    from,
    given: given(narrow(['./*'])),
    says: { summary: ['web/default'], certainty: 'possible', impact: 'risks' },
  },
  'the Service is kept at home': {
    target,
    from,
    given: exported('.'),
    says: { summary: ['exported to . only', 'web'], certainty: 'certain' },
  },
  'the namespace is listed': { target, from, given: given(narrow(['./*', 'shop/*']), registryOnly), says: 'passed' },
  'the host is listed': {
    target,
    from,
    given: given(narrow(['*/ledger.shop.svc.cluster.local']), registryOnly),
    says: 'passed',
  },
  'it is for another workload': {
    target,
    from,
    given: given(narrow(['./*'], { workloadSelector: { labels: { app: 'other' } } }), registryOnly),
    says: 'passed',
  },
  'exported to the client': { target, from, given: exported('.,web'), says: 'passed' },
  'the client has no sidecar': {
    target,
    from,
    given: cluster([...ledger, ...workload({ namespace: 'web', name: 'front' }), narrow(['./*'])]),
    says: 'not-applicable',
  },
});
