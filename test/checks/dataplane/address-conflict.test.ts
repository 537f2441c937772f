import check from '../../../src/checks/dataplane/address-conflict.ts';
import type { KubeObject } from '../../../src/k8s/objects.ts';
import { change, cluster, node, pod, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const ranged = (name: string, address: string, podCIDR: string) =>
  change(node(name, address), (draft) => void (draft.spec = { podCIDR, podCIDRs: [podCIDR] }));
const at = (name: string, ip: string, nodeName: string, labels: Record<string, string>) =>
  pod({ name, labels, spec: { nodeName }, status: { podIP: ip, podIPs: [{ ip }] } });
const dbService = service({ name: 'db', spec: { clusterIP: '10.96.7.7', clusterIPs: ['10.96.7.7'] } });
const proxyConfig = (cidr: string) =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-proxy', namespace: 'kube-system' },
    data: { 'config.conf': `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nclusterCIDR: ${cidr}\nmode: ""\n` },
  }) as KubeObject;

examples(check, {
  'two Pods with one address': {
    given: cluster([
      at('db-0', '10.244.1.9', 'node-a', { app: 'db' }),
      at('web-0', '10.244.1.9', 'node-b', { app: 'web' }),
      dbService,
    ]),
    says: {
      summary: ['db-0 on node-a and web-0 on node-b both have 10.244.1.9'],
      certainty: 'certain',
      impact: 'degrades',
    },
  },
  'two nodes with one Pod range': {
    given: cluster([
      ...workload({ name: 'db' }),
      dbService,
      ranged('node-c', '192.168.10.13', '10.244.1.0/24'),
      ranged('node-d', '192.168.10.14', '10.244.1.0/24'),
    ]),
    says: { summary: ['node-c and node-d share the Pod range 10.244.1.0/24'], certainty: 'certain' },
  },
  'the Pod range covers the nodes': {
    given: cluster([...workload({ name: 'db' }), dbService, proxyConfig('192.168.0.0/16')]),
    says: { summary: ['192.168.0.0/16 covers the address 192.168.10.11 of node node-a'], certainty: 'certain' },
  },
  'the Pod range covers the Services': {
    given: cluster([...workload({ name: 'db' }), dbService, proxyConfig('10.96.0.0/12')]),
    says: { summary: ['ClusterIP 10.96.7.7 lies inside the Pod range 10.96.0.0/12'], certainty: 'certain' },
  },
  'two Services with one address': {
    given: cluster([
      ...workload({ name: 'db' }),
      dbService,
      service({ namespace: 'shop', name: 'cart', spec: { clusterIP: '10.96.7.7' } }),
    ]),
    says: { summary: ['shop/cart and demo/db both have the ClusterIP 10.96.7.7'], certainty: 'certain' },
  },
  'hostNetwork Pods share the address of their node': {
    given: cluster([
      ...workload({ name: 'db' }),
      dbService,
      proxyConfig('10.244.0.0/16'),
      ...['agent-a', 'agent-b'].map((name) =>
        pod({
          name,
          spec: { hostNetwork: true },
          status: { podIP: '192.168.10.11', podIPs: [{ ip: '192.168.10.11' }] },
        }),
      ),
    ]),
    from: 'demo/Deployment/db',
    says: 'passed',
  },
  'a finished Pod keeps its old address': {
    given: cluster([
      at('db-0', '10.244.1.9', 'node-a', { app: 'db' }),
      change(
        at('job-0', '10.244.1.9', 'node-a', {}),
        (draft) => void (draft.status = { ...draft.status, phase: 'Succeeded' }),
      ),
      dbService,
    ]),
    says: 'passed',
  },
});
