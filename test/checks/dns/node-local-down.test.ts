import check from '../../../src/checks/dns/node-local-down.ts';
import { client, healthy, kubeletConfig, resolvConf, stack, withObservations } from '../../kit/dns.ts';
import { cluster, unready, workload } from '../../kit/cluster.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import { examples } from '../../kit/examples.ts';

const conf =
  'search demo.svc.cluster.local svc.cluster.local cluster.local\nnameserver 169.254.20.10\noptions ndots:5\n';
const cache = workload({
  namespace: 'kube-system',
  kind: 'DaemonSet',
  name: 'node-local-dns',
  labels: { 'k8s-app': 'node-local-dns' },
  replicas: 2,
  container: {
    image: 'registry.k8s.io/dns/k8s-dns-node-cache:1.26.4',
    args: ['-localip', '169.254.20.10,10.96.0.10', '-conf', '/etc/Corefile'],
  },
  spec: { hostNetwork: true },
});
const asked = (objects: Parameters<typeof cluster>[0]) => {
  const given = cluster([...stack, ...objects]);
  return withObservations(given, resolvConf(given, conf));
};
const on = (node: string) => cache.filter((object) => object.kind !== 'Pod' || (object as Pod).spec.nodeName === node);

examples(check, {
  'a cache on every node': { given: asked(cache), from: 'demo/Deployment/api', says: 'passed' },
  'no cache at all': {
    given: asked([]),
    from: 'demo/Deployment/api',
    says: {
      summary: ['169.254.20.10', 'no NodeLocal DNSCache is installed'],
      certainty: 'certain',
      evidence: ['nameserver 169.254.20.10'],
    },
  },
  'none on the node of the client': {
    given: asked(on('node-b')),
    from: 'demo/Deployment/api',
    says: { summary: ['169.254.20.10', 'no node-local-dns Pod runs on node-a'], certainty: 'certain' },
  },
  'it crashes there': {
    given: asked(
      cache.map((object) =>
        object.kind === 'Pod' && (object as Pod).spec.nodeName === 'node-a' ? unready(object as Pod) : object,
      ),
    ),
    from: 'demo/Deployment/api',
    says: { summary: ['169.254.20.10', 'node-local-dns Pod is'], certainty: 'certain' },
  },
  'kubelet hands the address out': {
    given: cluster([...stack, kubeletConfig('clusterDNS:\n- 169.254.20.10\nclusterDomain: cluster.local\n')]),
    says: { summary: ['169.254.20.10'], certainty: 'certain', evidence: ['configmap/kubelet-config'] },
  },
  'it holds the address of kube-dns too, and crashes': {
    given: cluster([
      ...stack,
      ...cache.map((object) =>
        object.kind === 'Pod' && (object as Pod).spec.nodeName === 'node-a' ? unready(object as Pod) : object,
      ),
    ]),
    from: 'demo/Deployment/api',
    says: { summary: ['10.96.0.10', 'node-local-dns Pod is'], certainty: 'likely' },
  },
  'it holds the address of kube-dns too, and is not on the node': {
    given: cluster([...stack, ...on('node-b')]),
    from: 'demo/Deployment/api',
    says: 'passed',
  },
  'Pods ask kube-dns': { given: healthy(), from: 'demo/Deployment/api', says: 'not-applicable' },
  'the client asks its node': {
    given: cluster(client({ dnsPolicy: 'Default' })),
    from: 'demo/Deployment/api',
    says: 'not-applicable',
  },
});
