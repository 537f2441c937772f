import check from '../../../src/checks/dataplane/nodes-excluded.ts';
import { change, cluster, node, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const label = 'node.kubernetes.io/exclude-from-external-load-balancers';
const excluded = (name: string, providerID?: string) =>
  change(node(name, name === 'node-a' ? '192.168.10.11' : '192.168.10.12'), (draft) => {
    (draft.metadata.labels ??= {})[label] = '';
    if (providerID) draft.spec = { providerID };
  });
const speaker = (...args: readonly string[]) =>
  workload({
    namespace: 'metallb-system',
    kind: 'DaemonSet',
    name: 'metallb-speaker',
    replicas: 2,
    container: { args },
  });
const db = (externalTrafficPolicy: 'Cluster' | 'Local' = 'Cluster') => [
  ...workload({ name: 'db', nodes: ['node-a'] }),
  service({ name: 'db', spec: { type: 'LoadBalancer', externalTrafficPolicy } }),
];

examples(check, {
  'all nodes, with MetalLB': {
    given: cluster([...db(), ...speaker(), excluded('node-a'), excluded('node-b')]),
    says: {
      summary: ['node-a, node-b are labelled', 'there is no other node'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: [`metadata.labels["${label}"]: (set, empty)`],
    },
  },
  'all nodes, in a cloud': {
    given: cluster([...db(), excluded('node-a', 'aws:///eu-west-1a/i-1'), excluded('node-b', 'aws:///eu-west-1a/i-2')]),
    says: { summary: ['node-a, node-b'], certainty: 'likely' },
  },
  'the only node with a Pod, where the traffic stays local': {
    given: cluster([...db('Local'), ...speaker(), excluded('node-a')]),
    says: { summary: ['node-a is labelled', 'db runs on no other node'], certainty: 'certain' },
  },
  'only the control plane': { given: cluster([...db(), ...speaker(), excluded('node-a')]), says: 'passed' },
  'MetalLB told to ignore it': {
    given: cluster([...db(), ...speaker('--ignore-exclude-lb'), excluded('node-a'), excluded('node-b')]),
    says: 'not-applicable',
  },
  'nothing that heeds it': {
    given: cluster([...db(), excluded('node-a'), excluded('node-b')]),
    says: 'not-applicable',
  },
  'a client inside': {
    given: cluster([...db(), ...speaker(), excluded('node-a'), excluded('node-b'), ...workload({ name: 'api' })]),
    from: 'demo/Deployment/api',
    says: 'not-applicable',
  },
});
