import check from '../../../src/checks/dns/egress-policy-blocks-dns.ts';
import {
  client,
  healthy,
  kubeletConfig,
  podIn,
  resolvConf,
  stack,
  withCorefile,
  withDns,
  withObservations,
} from '../../kit/dns.ts';
import { cluster, objectsIn, workload } from '../../kit/cluster.ts';
import type { PodSpec } from '../../../src/k8s/objects.ts';
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
const kubeDnsPods =
  '{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } }, podSelector: { matchLabels: { k8s-app: kube-dns } } }';
const both = '{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }';
const on5353 = (objects: Parameters<typeof cluster>[0]) =>
  withCorefile(
    withDns(cluster(objects), (object) => {
      if (object.kind === 'Service')
        for (const port of object.spec.ports ?? []) if (port.port === 53) port.targetPort = 5353;
    }),
    (text) => text.replace('.:53', '.:5353'),
  );

const cacheOf = (spec: Partial<PodSpec>, addresses = '169.254.20.10,10.96.0.10') =>
  workload({
    namespace: 'kube-system',
    kind: 'DaemonSet',
    name: 'node-local-dns',
    labels: { 'k8s-app': 'node-local-dns' },
    replicas: 2,
    container: {
      image: 'registry.k8s.io/dns/k8s-dns-node-cache:1.26.4',
      args: ['-localip', addresses, '-conf', '/etc/Corefile', '-upstreamsvc', 'kube-dns-upstream'],
    },
    spec,
  });
const nodeLocal = [kubeletConfig('clusterDNS:\n- 169.254.20.10\n'), ...cacheOf({ hostNetwork: true })];

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
    says: { summary: ['allow-dns', 'name=kube-system', 'has no label name'], certainty: 'certain' },
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
    says: {
      summary: [
        'allow-dns means to let api ask',
        '10.96.0.10/32 holds the clusterIP of kube-dns',
        'see the address of the Pod',
      ],
      certainty: 'likely',
    },
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
  'a cache that is no part of the node': {
    given: withObservations(
      cluster([...stack, ...deny, kubeletConfig('clusterDNS: [169.254.20.10]\n'), ...cacheOf({})]),
      resolvConf(cluster(stack), 'nameserver 169.254.20.10\n'),
    ),
    from,
    says: 'not-applicable',
  },
  'kubelet hands out the cache of the node, the policy names the DNS Pods': {
    given: cluster([...stack, ...deny, ...allow(kubeDnsPods, both), ...nodeLocal]),
    from,
    says: {
      summary: ['allow-dns means to let api ask', '169.254.20.10', 'only an ipBlock'],
      certainty: 'likely',
      impact: 'breaks',
      evidence: ['clusterDNS: 169.254.20.10', 'node-local-dns spec.hostNetwork: true'],
    },
  },
  'a question to that cache was lost': {
    given: withObservations(
      cluster([...stack, ...allow(kubeDnsPods, both), ...nodeLocal]),
      resolvConf(cluster(stack), 'nameserver 169.254.20.10\n'),
      {
        kind: 'Lookup',
        from: { pod: { namespace: 'demo', name: podIn(cluster(stack), 'api-') } },
        server: { resolverOf: { namespace: 'demo', name: podIn(cluster(stack), 'api-') } },
        transport: 'udp',
        name: 'db.demo.svc.cluster.local',
        type: 'A',
        outcome: 'timeout',
      },
    ),
    from,
    says: { summary: ['169.254.20.10'], certainty: 'certain', evidence: ['resolv.conf: nameserver 169.254.20.10'] },
  },
  'the labels of the cache’s own Pods match nothing either': {
    given: cluster([
      ...stack,
      ...allow('{ namespaceSelector: {}, podSelector: { matchLabels: { k8s-app: node-local-dns } } }', both),
      ...nodeLocal,
    ]),
    from,
    says: { summary: ['169.254.20.10', 'only an ipBlock'], certainty: 'likely' },
  },
  'another block than that of the cache': {
    given: cluster([...stack, ...allow('{ ipBlock: { cidr: 10.244.0.0/16 } }', both), ...nodeLocal]),
    from,
    says: { summary: ['10.244.0.0/16 does not contain 169.254.20.10'], certainty: 'likely' },
  },
  'nothing may leave, not even to the cache': {
    given: cluster([...stack, ...deny, ...nodeLocal]),
    from,
    says: {
      summary: ['default-deny-egress lets api send nothing to port 53', '169.254.20.10'],
      certainty: 'likely',
    },
  },
  'the address of the cache is admitted': {
    given: cluster([
      ...stack,
      ...deny,
      ...allow('{ ipBlock: { cidr: 169.254.20.10/32 } }, { ipBlock: { cidr: 10.96.0.10/32 } }', both),
      ...nodeLocal,
    ]),
    from,
    says: 'passed',
  },
  'the cache holds the address of the DNS Service, which is what Pods are given': {
    given: cluster([
      ...stack,
      ...allow(kubeDnsPods, both),
      kubeletConfig('clusterDNS: [10.96.0.10]\n'),
      ...cacheOf({ hostNetwork: true }),
    ]),
    from,
    says: { summary: ['the client asks 10.96.0.10, the NodeLocal DNSCache'], certainty: 'likely' },
  },
  'that address is admitted': {
    given: cluster([
      ...stack,
      ...allow('{ ipBlock: { cidr: 10.96.0.0/16 } }', both),
      kubeletConfig('clusterDNS: [10.96.0.10]\n'),
      ...cacheOf({ hostNetwork: true }),
    ]),
    from,
    says: 'passed',
  },
  'the cache holds its own address alone, and Pods are given the Service': {
    given: cluster([
      ...stack,
      ...allow(kubeDnsPods, both),
      kubeletConfig('clusterDNS: [10.96.0.10]\n'),
      ...cacheOf({ hostNetwork: true }, '169.254.20.10'),
    ]),
    from,
    says: 'passed',
  },
  'nobody tells what Pods are given, and one way is open': {
    given: cluster([...stack, ...allow(kubeDnsPods, both), ...cacheOf({ hostNetwork: true }, '169.254.20.10')]),
    from,
    says: 'passed',
  },
  'a rule for the API server means no DNS': {
    given: cluster([
      ...stack,
      ...allow('{ namespaceSelector: { matchLabels: { name: kube-system } } }', '{ port: 443 }'),
    ]),
    from,
    says: { summary: ['allow-dns lets api send nothing to port 53'], certainty: 'certain' },
  },
  'the nearest miss is a rule for the own namespace': {
    given: cluster([
      ...stack,
      ...deny,
      ...allow('{ namespaceSelector: { matchLabels: { name: kube-system } } }', both),
      ...policy(
        'allow-namespace',
        '{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ podSelector: {} }] }] }',
      ),
    ]),
    from,
    says: {
      summary: ['allow-dns means to let api ask', 'name=kube-system', 'has no label name'],
      certainty: 'certain',
    },
  },
});
