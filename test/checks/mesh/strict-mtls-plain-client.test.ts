import check from '../../../src/checks/mesh/strict-mtls-plain-client.ts';
import { change, cluster, namespace, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { meshed, meshNamespace, peerAuthentication } from '../../kit/mesh.ts';

const target = 'shop/ledger';
const from = 'batch/Deployment/export';
const ledger = [
  meshNamespace('shop'),
  ...meshed({ namespace: 'shop', name: 'ledger' }),
  service({ namespace: 'shop', name: 'ledger' }),
];
const exporter = workload({ namespace: 'batch', name: 'export' });
const strict = peerAuthentication('istio-system', 'default', { mtls: { mode: 'STRICT' } });
const given = (...objects: Parameters<typeof cluster>[0]) => cluster([...ledger, ...objects]);

examples(check, {
  'the whole mesh is strict, and the client is outside': {
    target,
    from,
    given: given(...exporter, strict),
    says: {
      summary: ['istio-system/default', 'STRICT', 'batch/export', 'no sidecar'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['spec.mtls.mode: STRICT', 'no istio-proxy', 'no label istio-injection=enabled'],
    },
  },
  'only the namespace of the server is strict': {
    target,
    from,
    given: given(...exporter, peerAuthentication('shop', 'strict', { mtls: { mode: 'STRICT' } })),
    says: { summary: ['shop/strict'], certainty: 'certain' },
  },
  'only the port is strict': {
    target,
    from,
    given: given(
      ...exporter,
      peerAuthentication('shop', 'ledger', {
        selector: { matchLabels: { app: 'ledger' } },
        mtls: { mode: 'PERMISSIVE' },
        portLevelMtls: { 8080: { mode: 'STRICT' } },
      }),
    ),
    says: { summary: ['shop/ledger'], certainty: 'certain', evidence: ['spec.portLevelMtls["8080"].mode'] },
  },
  'the client is older than the label of its namespace': {
    target,
    from,
    given: given(meshNamespace('batch'), ...exporter, strict),
    says: { summary: ['no sidecar'], certainty: 'certain', evidence: ['needs a restart'] },
  },
  'the client keeps the sidecar out': {
    target,
    from,
    given: given(
      meshNamespace('batch'),
      ...workload({
        namespace: 'batch',
        name: 'export',
        labels: { app: 'export', 'sidecar.istio.io/inject': 'false' },
      }),
      strict,
    ),
    says: { summary: ['no sidecar'], certainty: 'certain', evidence: ['sidecar.istio.io/inject=false'] },
  },
  'the client is on the host network': {
    target,
    from,
    given: given(
      meshNamespace('batch'),
      ...workload({ namespace: 'batch', name: 'export', spec: { hostNetwork: true } }),
      strict,
    ),
    says: { summary: ['no sidecar'], certainty: 'certain', evidence: ['host network'] },
  },
  'injection is switched off for the namespace': {
    target,
    from,
    given: given(meshNamespace('batch', { 'istio-injection': 'disabled' }), ...exporter, strict),
    says: { summary: ['no sidecar'], certainty: 'certain', evidence: ['istio-injection=disabled'] },
  },
  'the sidecar of the client leaves the port alone': {
    target,
    from,
    given: given(
      ...meshed({ namespace: 'batch', name: 'export' }).map((object) =>
        object.kind === 'Pod'
          ? change(
              object,
              (draft) => void (draft.metadata.annotations = { 'traffic.sidecar.istio.io/excludeOutboundPorts': '80' }),
            )
          : object,
      ),
      strict,
    ),
    says: { summary: ['sends past its sidecar'], certainty: 'certain' },
  },
  'the server is in ambient mode': {
    target,
    from,
    given: cluster([
      namespace('shop', { 'istio.io/dataplane-mode': 'ambient' }),
      ...workload({ namespace: 'shop', name: 'ledger' }),
      service({ namespace: 'shop', name: 'ledger' }),
      ...exporter,
      strict,
    ]),
    says: { summary: ['STRICT'], certainty: 'certain', evidence: ['ambient of Istio'] },
  },
  'the client has a sidecar too': {
    target,
    from,
    given: given(...meshed({ namespace: 'batch', name: 'export' }), strict),
    says: 'passed',
  },
  'the client has a native sidecar': {
    target,
    from,
    given: given(
      ...workload({
        namespace: 'batch',
        name: 'export',
        spec: { initContainers: [{ name: 'istio-proxy', restartPolicy: 'Always' }] },
      }),
      strict,
    ),
    says: 'passed',
  },
  'the client is in ambient mode': {
    target,
    from,
    given: given(namespace('batch', { 'istio.io/dataplane-mode': 'ambient' }), ...exporter, strict),
    says: 'passed',
  },
  'the namespace is permissive again': {
    target,
    from,
    given: given(...exporter, strict, peerAuthentication('shop', 'default', { mtls: { mode: 'PERMISSIVE' } })),
    says: 'passed',
  },
  'the port is an exception': {
    target,
    from,
    given: given(
      ...exporter,
      strict,
      peerAuthentication('shop', 'ledger', {
        selector: { matchLabels: { app: 'ledger' } },
        mtls: { mode: 'STRICT' },
        portLevelMtls: { 8080: { mode: 'PERMISSIVE' } },
      }),
    ),
    says: 'passed',
  },
  'another workload is strict': {
    target,
    from,
    given: given(
      ...exporter,
      peerAuthentication('shop', 'other', { selector: { matchLabels: { app: 'other' } }, mtls: { mode: 'STRICT' } }),
    ),
    says: 'passed',
  },
  'the server has no sidecar': {
    target,
    from,
    given: cluster([
      ...workload({ namespace: 'shop', name: 'ledger' }),
      service({ namespace: 'shop', name: 'ledger' }),
      ...exporter,
      strict,
    ]),
    says: 'not-applicable',
  },
  'nobody said who calls': { target, given: given(...exporter, strict), says: 'not-applicable' },
});
