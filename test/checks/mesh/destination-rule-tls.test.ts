import check from '../../../src/checks/mesh/destination-rule-tls.ts';
import type { KubeObject, Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { destinationRule, meshed, meshNamespace, peerAuthentication } from '../../kit/mesh.ts';

const target = 'shop/ledger';
const from = 'shop/Deployment/api';
const api = meshed({ namespace: 'shop', name: 'api' });
const of = service({ namespace: 'shop', name: 'ledger' });
const inside = [meshNamespace('shop'), ...api, ...meshed({ namespace: 'shop', name: 'ledger' }), of];
const outside = [meshNamespace('shop'), ...api, ...workload({ namespace: 'shop', name: 'ledger' }), of];
const tls = (mode: string, host = 'ledger', home = 'shop') =>
  destinationRule(home, 'ledger', { host, trafficPolicy: { tls: { mode } } });
const strict = peerAuthentication('shop', 'default', { mtls: { mode: 'STRICT' } });
const probedBy = (object: KubeObject, scheme: 'HTTP' | 'HTTPS'): KubeObject =>
  object.kind === 'Pod' && object.metadata.name.startsWith('ledger')
    ? change(object as Pod, (draft) => {
        for (const container of draft.spec.containers)
          if (container.name === 'ledger')
            container.readinessProbe = { httpGet: { path: '/healthz', port: 8080, scheme } };
      })
    : object;

examples(check, {
  'ISTIO_MUTUAL to Pods without a sidecar': {
    target,
    from,
    given: cluster([...outside, tls('ISTIO_MUTUAL')]),
    says: {
      summary: ['shop/ledger', 'ISTIO_MUTUAL', 'no sidecar'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['no istio-proxy'],
    },
  },
  'a rule for the whole mesh': {
    target,
    given: cluster([...outside, tls('ISTIO_MUTUAL', '*.local', 'istio-system')]),
    says: { summary: ['istio-system/ledger'], certainty: 'certain' },
  },
  'ISTIO_MUTUAL to a port on which the server takes plain text only': {
    target,
    from,
    given: cluster([
      ...inside,
      tls('ISTIO_MUTUAL'),
      peerAuthentication('shop', 'ledger', {
        selector: { matchLabels: { app: 'ledger' } },
        mtls: { mode: 'STRICT' },
        portLevelMtls: { 8080: { mode: 'DISABLE' } },
      }),
    ]),
    says: {
      summary: ['ISTIO_MUTUAL', 'port 80 of ledger', 'PeerAuthentication shop/ledger takes plain text only'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['spec.portLevelMtls["8080"].mode: DISABLE'],
    },
  },
  'DISABLE to a strict server': {
    target,
    from,
    given: cluster([...inside, tls('DISABLE', 'ledger.shop.svc.cluster.local'), strict]),
    says: {
      summary: ['DISABLE', 'shop/default is STRICT'],
      certainty: 'certain',
      evidence: ['spec.trafficPolicy.tls.mode: DISABLE'],
    },
  },
  'SIMPLE to an application that speaks plain HTTP': {
    target,
    from,
    given: cluster([...inside, tls('SIMPLE')]),
    says: {
      summary: ['mode SIMPLE', 'plain HTTP'],
      certainty: 'likely',
      impact: 'breaks',
      evidence: ['ports: http 8080'],
    },
  },
  'SIMPLE to one that a probe asks without TLS': {
    target,
    from,
    given: cluster([...inside, tls('SIMPLE')].map((object) => probedBy(object, 'HTTP'))),
    says: { summary: ['plain HTTP'], certainty: 'certain', evidence: ['HTTP on 8080, and it succeeds'] },
  },
  'SIMPLE to one that a probe asks with TLS': {
    target,
    from,
    given: cluster([...inside, tls('SIMPLE')].map((object) => probedBy(object, 'HTTPS'))),
    says: 'passed',
  },
  'SIMPLE to a port called https': {
    target,
    from,
    given: cluster([
      meshNamespace('shop'),
      ...api,
      ...meshed({
        namespace: 'shop',
        name: 'ledger',
        container: { ports: [{ name: 'https', containerPort: 8080, protocol: 'TCP' }] },
      }),
      of,
      tls('SIMPLE'),
    ]),
    says: 'passed',
  },
  'only one port is set wrong': {
    target,
    from,
    given: cluster([
      ...inside,
      destinationRule('shop', 'ledger', {
        host: 'ledger',
        trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls: { mode: 'DISABLE' } }] },
      }),
      strict,
    ]),
    says: { summary: ['DISABLE'], certainty: 'certain', evidence: ['portLevelSettings[0].tls.mode'] },
  },
  'DISABLE to a permissive server': { target, from, given: cluster([...inside, tls('DISABLE')]), says: 'passed' },
  'ISTIO_MUTUAL to a sidecar': {
    target,
    from,
    given: cluster([...inside, tls('ISTIO_MUTUAL'), strict]),
    says: 'passed',
  },
  'a rule for another Service': {
    target,
    from,
    given: cluster([...inside, tls('DISABLE', 'billing'), strict]),
    says: 'not-applicable',
  },
  'a client without a sidecar obeys no rule': {
    target,
    from: 'shop/Deployment/cron',
    given: cluster([...outside, ...workload({ namespace: 'shop', name: 'cron' }), tls('ISTIO_MUTUAL')]),
    says: 'not-applicable',
  },
  'no rule': { target, from, given: cluster([...inside, strict]), says: 'not-applicable' },
});
