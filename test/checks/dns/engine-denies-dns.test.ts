import check from '../../../src/checks/dns/engine-denies-dns.ts';
import type { CustomObject } from '../../../src/k8s/objects.ts';
import { cluster } from '../../kit/cluster.ts';
import { client, resolvConf, stack, withObservations } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const from = 'demo/Deployment/api';
const cilium = (egress: readonly object[]): CustomObject => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { name: 'api', namespace: 'demo' },
  spec: { endpointSelector: { matchLabels: { app: 'api' } }, egress },
});
const toDb = { toEndpoints: [{ matchLabels: { app: 'db' } }] };
const kubeDns = { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s:k8s-app': 'kube-dns' } };
const toDns = (port = '53') => ({
  toEndpoints: [kubeDns],
  toPorts: [{ ports: [{ port, protocol: 'ANY' }], rules: { dns: [{ matchPattern: '*' }] } }],
});
const calico = (spec: Record<string, unknown>): CustomObject => ({
  apiVersion: 'crd.projectcalico.org/v1',
  kind: 'GlobalNetworkPolicy',
  metadata: { name: 'default-deny' },
  spec,
});
const answered = () => {
  const given = cluster([...stack, cilium([toDb])]);
  const pod = given.objects.find(({ kind, metadata }) => kind === 'Pod' && metadata.name.startsWith('api-'));
  return withObservations(
    given,
    resolvConf(given, 'search demo.svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n'),
    {
      kind: 'Lookup',
      from: { pod: { namespace: 'demo', name: pod?.metadata.name ?? '' } },
      server: { clusterDNS: true },
      transport: 'udp',
      name: 'db.demo.svc.cluster.local',
      type: 'A',
      outcome: 'NOERROR',
    },
  );
};

examples(check, {
  'Cilium: egress to the database, and none to the DNS': {
    from,
    given: cluster([...stack, cilium([toDb])]),
    says: {
      summary: ['CiliumNetworkPolicy demo/api lets api send no question to port 53', 'none of its egress rules'],
      certainty: 'likely',
      impact: 'breaks',
      evidence: ['metadata.labels: k8s-app=kube-dns'],
    },
  },
  'Cilium: another port': {
    from,
    given: cluster([...stack, cilium([toDb, toDns('5353')])]),
    says: { summary: ['CiliumNetworkPolicy demo/api'], certainty: 'likely' },
  },
  'Calico: egress is denied outside of the system': {
    from,
    given: cluster([...stack, calico({ selector: "projectcalico.org/namespace != 'kube-system'", types: ['Egress'] })]),
    says: { summary: ['GlobalNetworkPolicy default-deny'], certainty: 'likely' },
  },
  'Cilium: a rule for the DNS': { from, given: cluster([...stack, cilium([toDb, toDns()])]), says: 'passed' },
  'Cilium: everything in the cluster': {
    from,
    given: cluster([...stack, cilium([{ toEntities: ['cluster'] }])]),
    says: 'passed',
  },
  'the DNS answers nevertheless': { from, given: answered(), says: 'passed' },
  'the node’s resolver': {
    from,
    given: cluster([...client({ dnsPolicy: 'Default' }), cilium([toDb])]),
    says: 'not-applicable',
  },
  'no such policies': { from, given: cluster(stack), says: 'not-applicable' },
});
