import check from '../../../src/checks/dataplane/external-traffic-policy-local.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const web = (spec: Parameters<typeof service>[0]['spec']) =>
  service({ name: 'db', ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30080 }], spec: spec ?? {} });
const one = workload({ name: 'db', nodes: ['node-a'] });
const local = { type: 'NodePort', externalTrafficPolicy: 'Local' } as const;

examples(check, {
  'a node port, and one node without a Pod': {
    given: cluster([...one, web(local)]),
    says: {
      summary: ['externalTrafficPolicy is Local', 'node-a only', 'node-b'],
      certainty: 'certain',
      impact: 'risks',
      evidence: ['node/node-b status.addresses: 192.168.10.12', '30080'],
    },
  },
  'and a connection to it was dropped': {
    given: cluster(
      [...one, web(local)],
      [
        {
          kind: 'Connect',
          from: { node: 'node-a' },
          to: { address: '192.168.10.12', port: 30080, protocol: 'TCP' },
          outcome: 'timeout',
        },
      ],
    ),
    says: { summary: ['node-b'], certainty: 'certain', impact: 'degrades', evidence: ['30080/TCP: timeout'] },
  },
  'a load balancer with a health check': {
    given: cluster([...one, web({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 31000 })]),
    says: { summary: ['node-b'], certainty: 'certain', impact: 'risks', evidence: ['healthCheckNodePort: 31000'] },
  },
  'a Pod on each node': { given: cluster([...workload({ name: 'db', replicas: 2 }), web(local)]), says: 'passed' },
  'a DaemonSet on some nodes': {
    given: cluster([...workload({ name: 'db', kind: 'DaemonSet', nodes: ['node-a'] }), web(local)]),
    says: 'passed',
  },
  'a client inside does not mind': {
    given: cluster([...one, web(local), ...workload({ name: 'api' })]),
    from: 'demo/Deployment/api',
    says: 'passed',
    detail: 'the client is inside',
  },
  Cluster: { given: cluster([...one, web({ type: 'NodePort', externalTrafficPolicy: 'Cluster' })]), says: 'passed' },
  'inside only': { given: cluster([...one, service({ name: 'db' })]), says: 'not-applicable' },
});
