import check from '../../../src/checks/dns/egress-policy-blocks-dns.ts';
import {
  client,
  healthy,
  kubeletConfig,
  resolvConf,
  stack,
  withCorefile,
  withDns,
  withObservations,
} from '../../kit/dns.ts';
import { cluster, objectsIn, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const policy = (name: string, spec: string, namespace = 'demo') =>
  objectsIn(
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: ${spec}\n`,
  );
const from = 'demo/Deployment/api';

const deny = policy('default-deny-egress', '{ podSelector: {}, policyTypes: [Egress] }');
const toDb = policy(
  'api-to-db',
  '{ podSelector: { matchLabels: { app: api } }, policyTypes: [Egress], egress: [{ to: [{ podSelector: { matchLabels: { app: db } } }], ports: [{ protocol: TCP, port: 8080 }] }] }',
);
const kubeSystem = '{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } } }';
const allow = (to: string, ports: string) =>
  policy('allow-dns', `{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [${to}], ports: [${ports}] }] }`);
const both = '{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }';
const on5353 = (objects: Parameters<typeof cluster>[0]) =>
  withCorefile(
    withDns(cluster(objects), (object) => {
      if (object.kind === 'Service')
        for (const port of object.spec.ports ?? []) if (port.port === 53) port.targetPort = 5353;
    }),
    (text) => text.replace('.:53', '.:5353'),
  );

examples(check, {
  'no policy': { given: healthy(), from, says: 'passed' },
  'nothing may leave': {
    given: cluster([...stack, ...deny, ...toDb]),
    from,
    says: {
      summary: ['default-deny-egress and api-to-db together let api send nothing to port 53'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['no rule: nothing may leave'],
    },
  },
  'DNS is allowed': { given: cluster([...stack, ...deny, ...allow(kubeSystem, both)]), from, says: 'passed' },
  'anywhere on 53': {
    given: cluster([
      ...stack,
      ...deny,
      ...policy('allow-dns', `{ podSelector: {}, policyTypes: [Egress], egress: [{ ports: [${both}] }] }`),
    ]),
    from,
    says: 'passed',
  },
  'TCP alone': {
    given: cluster([...stack, ...allow(kubeSystem, '{ port: 53 }')]),
    from,
    says: {
      summary: ['allow-dns means to let api ask', 'allows TCP, the connection is UDP'],
      certainty: 'certain',
      impact: 'breaks',
    },
  },
  'UDP alone': {
    given: cluster([...stack, ...allow(kubeSystem, '{ protocol: UDP, port: 53 }')]),
    from,
    says: { summary: ['allows UDP, the connection is TCP'], certainty: 'certain', impact: 'risks' },
  },
  'a namespace label that kube-system lacks': {
    given: cluster([...stack, ...allow('{ namespaceSelector: { matchLabels: { name: kube-system } } }', both)]),
    from,
    says: { summary: ['allow-dns', 'name=kube-system', 'no name'], certainty: 'certain' },
  },
  'a label that the DNS Pods lack': {
    given: cluster([
      ...stack,
      ...allow('{ namespaceSelector: {}, podSelector: { matchLabels: { k8s-app: coredns } } }', both),
    ]),
    from,
    says: { summary: ['k8s-app=coredns', 'k8s-app=kube-dns'], certainty: 'certain' },
  },
  'Pods of its own namespace only': {
    given: cluster([...stack, ...allow('{ podSelector: { matchLabels: { k8s-app: kube-dns } } }', both)]),
    from,
    says: { summary: ['namespace demo only', 'kube-system'], certainty: 'certain' },
  },
  'the address of the Service': {
    given: cluster([...stack, ...allow('{ ipBlock: { cidr: 10.96.0.10/32 } }', both)]),
    from,
    says: { summary: ['10.96.0.10/32 does not contain'], certainty: 'likely' },
  },
  '53 is allowed, the Pods listen on 5353': {
    given: on5353([...stack, ...allow(kubeSystem, both)]),
    from,
    says: {
      summary: ['port 53, which is port 5353 of the DNS Pods', 'allows 53, the Pod is reached on 5353'],
      certainty: 'certain',
    },
  },
  'both ports are allowed': {
    given: on5353([
      ...stack,
      ...allow(kubeSystem, `${both}, { protocol: UDP, port: 5353 }, { protocol: TCP, port: 5353 }`),
    ]),
    from,
    says: 'passed',
  },
  'a policy for others': {
    given: cluster([
      ...stack,
      ...policy('deny-db', '{ podSelector: { matchLabels: { app: db } }, policyTypes: [Egress] }'),
    ]),
    from,
    says: 'passed',
  },
  'the client has no Pod yet': {
    given: cluster([...stack.slice(0, -3), ...workload({ name: 'api', replicas: 0 }), ...deny]),
    from,
    says: { summary: ['default-deny-egress lets api'], certainty: 'certain' },
  },
  'the client asks its node': {
    given: cluster([...client({ dnsPolicy: 'Default' }), ...deny]),
    from,
    says: 'not-applicable',
  },
  'a cache on the node': {
    given: withObservations(
      cluster([
        ...stack,
        ...deny,
        kubeletConfig('clusterDNS: [169.254.20.10]\n'),
        ...workload({
          namespace: 'kube-system',
          kind: 'DaemonSet',
          name: 'node-local-dns',
          container: { image: 'registry.k8s.io/dns/k8s-dns-node-cache:1.26.4' },
        }),
      ]),
      resolvConf(cluster(stack), 'nameserver 169.254.20.10\n'),
    ),
    from,
    says: 'not-applicable',
  },
});
