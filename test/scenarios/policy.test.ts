import { describe } from 'vitest';
import type { KubeObject, Pod } from '../../src/k8s/objects.ts';
import { podIPsOf } from '../../src/k8s/pods.ts';
import type { Connect } from '../../src/snapshot/snapshot.ts';
import { cluster, service, workload } from '../kit/cluster.ts';
import { denyEgress, denyIngress, policy } from '../kit/policies.ts';
import { scenario } from '../kit/scenario.ts';

const db = workload({ name: 'db', container: { ports: [{ name: 'http', containerPort: 8080 }] } });
const dbService = service({ name: 'db', ports: [{ name: 'http', port: 80, targetPort: 'http' }] });
const api = workload({ name: 'api', container: { env: [{ name: 'DB_URL', value: 'http://db' }] } });
const given = (...more: readonly KubeObject[]) => cluster([...db, dbService, ...api, ...more]);
const from = { from: 'demo/Deployment/api' };
const allowDns = policy(
  'demo/allow-dns',
  'podSelector: {}\npolicyTypes: [Egress]\negress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}]',
);
const allowApi = policy(
  'demo/allow-api',
  'podSelector: {matchLabels: {app: db}}\ningress: [{from: [{podSelector: {matchLabels: {app: api}}}], ports: [{port: 8080}]}]',
);
const allowOut = policy(
  'demo/allow-out',
  'podSelector: {matchLabels: {app: api}}\npolicyTypes: [Egress]\negress: [{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: http}]}]',
);
const denyAll = policy('demo/deny-all', 'podSelector: {}\npolicyTypes: [Ingress, Egress]');

describe('policies between a client and a Service', () => {
  scenario('a namespace closed and opened well', given(denyAll, allowDns, allowApi, allowOut), [], from);
  scenario('a default deny of ingress alone', given(denyIngress), ['policy/ingress-blocked'], from);
  scenario('a default deny of ingress, and nobody asks', given(denyIngress), ['policy/admits-nobody']);
  scenario('a default deny of egress: DNS is its consequence', given(denyEgress), ['policy/egress-blocked'], from);
  scenario('egress to the Service but not to DNS', given(denyEgress, allowOut), ['dns/egress-policy-blocks-dns'], from);
  scenario('DNS but not the Service', given(denyEgress, allowDns), ['policy/egress-blocked'], from);
  scenario(
    'egress forgotten on one side and ingress on the other: two faults',
    given(denyAll, allowDns),
    ['policy/ingress-blocked', 'policy/egress-blocked'],
    from,
  );
  scenario(
    'the Service’s port in both directions: two rules to correct',
    given(
      policy('demo/in', 'podSelector: {matchLabels: {app: db}}\ningress: [{ports: [{port: 80}]}]'),
      policy(
        'demo/out',
        'podSelector: {matchLabels: {app: api}}\npolicyTypes: [Egress]\negress: [{ports: [{port: 80}, {port: 53, protocol: UDP}, {port: 53}]}]',
      ),
    ),
    ['policy/ingress-blocked', 'policy/egress-blocked'],
    from,
  );
  const dbPod = db.find((object): object is Pod => object.kind === 'Pod');
  const apiPod = workload({ name: 'api', nodes: ['node-b'] });
  const timeout: Connect = {
    kind: 'Connect',
    from: { pod: { namespace: 'demo', name: apiPod.find(({ kind }) => kind === 'Pod')?.metadata.name ?? '' } },
    to: { address: dbPod ? (podIPsOf(dbPod)[0] ?? '') : '', port: 8080, protocol: 'TCP' },
    outcome: 'timeout',
  };
  scenario(
    'a timeout across nodes that a policy explains',
    cluster([...db, dbService, ...apiPod, denyIngress], [timeout]),
    ['policy/ingress-blocked'],
    from,
  );
  scenario(
    'the same timeout without a policy',
    cluster([...db, dbService, ...apiPod], [timeout]),
    ['dataplane/overlay-between-nodes'],
    from,
  );
  scenario(
    'a client in a namespace whose label nobody set',
    cluster([
      ...db,
      dbService,
      ...workload({ namespace: 'shop', name: 'api' }),
      policy(
        'demo/from-shop',
        'podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {name: shop}}}]}]',
      ),
    ]),
    ['policy/ingress-blocked'],
    { from: 'shop/Deployment/api' },
  );
  scenario('DNS alone is open, and names resolve', given(allowDns), ['policy/egress-blocked'], from);
  scenario('kubelet’s probes are not blocked, and nobody else calls', given(allowApi), [], from);
});
