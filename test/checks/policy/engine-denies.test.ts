import check from '../../../src/checks/policy/engine-denies.ts';
import type { CustomObject, Pod } from '../../../src/k8s/objects.ts';
import { podIPsOf } from '../../../src/k8s/pods.ts';
import type { Observation } from '../../../src/snapshot/snapshot.ts';
import { cluster, namespace, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db' });
const api = workload({ namespace: 'blue', name: 'api', container: { env: [{ name: 'DB', value: 'http://db.demo' }] } });
const objects = [namespace('blue', { tenant: 'blue' }), ...db, service({ name: 'db' }), ...api];
const from = 'blue/Deployment/api';
const policy = (apiVersion: string, kind: string, spec: object, home?: string): CustomObject => ({
  apiVersion,
  kind,
  metadata: { name: 'lockdown', ...(home ? { namespace: home } : {}) },
  spec: spec as Record<string, unknown>,
});
const cilium = (spec: object, home: string | undefined = 'demo') =>
  policy('cilium.io/v2', home ? 'CiliumNetworkPolicy' : 'CiliumClusterwideNetworkPolicy', spec, home);
const calico = (spec: object) => policy('crd.projectcalico.org/v1', 'GlobalNetworkPolicy', spec);
const admin = (spec: object, kind = 'AdminNetworkPolicy') => policy('policy.networking.k8s.io/v1alpha1', kind, spec);
const netpol = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'open', namespace: 'demo' },
  spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] },
};
const ours = { matchLabels: { app: 'db' } };
const fromBlue = { matchLabels: { app: 'api', 'k8s:io.kubernetes.pod.namespace': 'blue' } };
const denied = (...summary: readonly string[]) => ({
  summary,
  certainty: 'likely' as const,
  impact: 'breaks' as const,
});
const given = (...policies: readonly object[]) => cluster([...objects, ...(policies as readonly CustomObject[])]);
const answered = (): Observation => {
  const podOf = (all: readonly object[]) => all.find((object): object is Pod => (object as Pod).kind === 'Pod') as Pod;
  return {
    kind: 'Connect',
    from: { pod: { namespace: 'blue', name: podOf(api).metadata.name } },
    to: { address: podIPsOf(podOf(db))[0] ?? '', port: 8080, protocol: 'TCP' },
    outcome: 'connected',
  };
};

examples(check, {
  'Cilium: closed, and open to Pods of its own namespace': {
    from,
    given: given(cilium({ endpointSelector: ours, ingress: [{ fromEndpoints: [{}] }] })),
    says: {
      ...denied(
        'CiliumNetworkPolicy demo/lockdown does not admit',
        'of blue to db on 8080/TCP',
        'none of its ingress rules',
      ),
      evidence: ['spec.ingress'],
    },
  },
  'Cilium: the port of the Service instead of the Pod’s': {
    from,
    given: given(
      cilium({
        endpointSelector: ours,
        ingress: [{ fromEndpoints: [fromBlue], toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }] }] }],
      }),
    ),
    says: denied('on 8080/TCP'),
  },
  'Cilium: a denial goes before what is admitted': {
    from,
    given: given(
      cilium({
        endpointSelector: ours,
        ingress: [{ fromEntities: ['cluster'] }],
        ingressDeny: [{ fromEndpoints: [fromBlue] }],
      }),
    ),
    says: denied('its ingressDeny names'),
  },
  'Cilium: what may leave the client’s namespace': {
    from,
    given: given(
      cilium(
        {
          endpointSelector: { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'blue' } },
          egress: [
            {
              toEndpoints: [
                { matchLabels: { 'k8s:k8s-app': 'kube-dns', 'k8s:io.kubernetes.pod.namespace': 'kube-system' } },
              ],
            },
          ],
        },
        '',
      ),
    ),
    says: denied('CiliumClusterwideNetworkPolicy lockdown keeps', 'from leaving for db'),
  },
  'Cilium: a second policy admits the client': {
    from,
    given: given(
      cilium({ endpointSelector: ours, ingress: [{ fromEndpoints: [{}] }] }),
      cilium({ endpointSelector: ours, ingress: [{ fromEndpoints: [fromBlue] }] }),
    ),
    says: 'passed',
  },
  'Cilium: a label whose own name begins like a source': {
    from,
    given: cluster([
      namespace('blue', { tenant: 'blue' }),
      ...db,
      service({ name: 'db' }),
      ...workload({ namespace: 'blue', name: 'api', labels: { 'k8s.acme.example/team': 'a' } }),
      cilium({
        endpointSelector: ours,
        ingress: [
          { fromEndpoints: [{ matchLabels: { 'k8s.acme.example/team': 'a', 'io.kubernetes.pod.namespace': 'blue' } }] },
        ],
      }),
    ]),
    says: 'passed',
  },
  'Cilium: a NetworkPolicy admits the client': {
    from,
    given: given(cilium({ endpointSelector: ours, ingress: [{ fromEndpoints: [{}] }] }), netpol),
    says: 'passed',
  },
  'Cilium: a form that is not judged': {
    from,
    given: given(cilium({ endpointSelector: ours, ingress: [{ fromRequires: [{}] }] })),
    says: 'passed',
  },
  'Cilium: it selects somebody else': {
    from,
    given: given(cilium({ endpointSelector: { matchLabels: { app: 'web' } }, ingress: [] })),
    says: 'passed',
  },
  'Cilium: no default denial': {
    from,
    given: given(
      cilium({ endpointSelector: ours, enableDefaultDeny: { ingress: false }, ingress: [{ fromEndpoints: [{}] }] }),
    ),
    says: 'passed',
  },
  'Calico: everything outside of the system is denied': {
    from,
    given: given(
      calico({ selector: 'projectcalico.org/namespace not in {"kube-system"}', types: ['Ingress', 'Egress'] }),
    ),
    says: denied('GlobalNetworkPolicy lockdown', 'none of its'),
  },
  'Calico: a rule denies the namespace': {
    from,
    given: given(
      calico({
        selector: "app == 'db'",
        types: ['Ingress'],
        ingress: [
          {
            action: 'Deny',
            protocol: 'TCP',
            source: { namespaceSelector: "tenant == 'blue'" },
            destination: { ports: ['8000:8080'] },
          },
          { action: 'Allow' },
        ],
      }),
    ),
    says: denied('this rule has action Deny'),
  },
  'Calico: the first rule that matches allows': {
    from,
    given: given(
      calico({
        selector: 'all()',
        types: ['Ingress', 'Egress'],
        ingress: [{ action: 'Allow' }],
        egress: [{ action: 'Allow' }],
      }),
    ),
    says: 'passed',
  },
  'Calico: another tier': {
    from,
    given: given(calico({ tier: 'security', selector: 'all()', types: ['Ingress'] })),
    says: 'passed',
  },
  'Kubernetes: an administrator denies the namespace': {
    from,
    given: given(
      admin({
        priority: 10,
        subject: { namespaces: { matchLabels: { 'kubernetes.io/metadata.name': 'demo' } } },
        ingress: [{ action: 'Deny', from: [{ namespaces: { matchLabels: { tenant: 'blue' } } }] }],
      }),
    ),
    says: denied('AdminNetworkPolicy lockdown', 'action Deny'),
  },
  'Kubernetes: the baseline gives way to a NetworkPolicy': {
    from,
    given: given(
      admin(
        { subject: { namespaces: {} }, ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }] },
        'BaselineAdminNetworkPolicy',
      ),
      netpol,
    ),
    says: 'passed',
  },
  'Kubernetes: the baseline': {
    from,
    given: given(
      admin(
        {
          subject: { namespaces: {} },
          ingress: [{ action: 'Deny', from: [{ pods: { namespaceSelector: {}, podSelector: {} } }] }],
        },
        'BaselineAdminNetworkPolicy',
      ),
    ),
    says: denied('BaselineAdminNetworkPolicy lockdown'),
  },
  'the Pods answer nevertheless': {
    from,
    given: cluster([...objects, calico({ selector: 'all()', types: ['Ingress'] })], [answered()]),
    says: 'passed',
  },
  'no such policies': { from, given: given(), says: 'not-applicable' },
});
