import check from '../../../src/checks/dataplane/strict-arp.ts';
import type { KubeObject } from '../../../src/k8s/objects.ts';
import { cluster, pod, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const config = (mode: string, strict: boolean) =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-proxy', namespace: 'kube-system' },
    data: { 'config.conf': `ipvs:\n  strictARP: ${strict}\nmode: "${mode}"\n` },
  }) as KubeObject;
const objects = [
  ...workload({ name: 'db' }),
  service({ name: 'db', spec: { type: 'LoadBalancer' } }),
  pod({ namespace: 'metallb-system', name: 'speaker-x2x2x' }),
];

examples(check, {
  'IPVS without strictARP': {
    given: cluster([...objects, config('ipvs', false)]),
    says: { summary: ['mode ipvs', 'strictARP: false'], certainty: 'likely', impact: 'risks' },
  },
  'IPVS with strictARP': { given: cluster([...objects, config('ipvs', true)]), says: 'passed' },
  iptables: { given: cluster([...objects, config('iptables', false)]), says: 'passed' },
  'no MetalLB': { given: cluster([...objects.slice(0, -1), config('ipvs', false)]), says: 'not-applicable' },
  'no load balancer': {
    given: cluster([...workload({ name: 'db' }), service({ name: 'db' })]),
    says: 'not-applicable',
  },
});
