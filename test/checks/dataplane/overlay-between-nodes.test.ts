import check from '../../../src/checks/dataplane/overlay-between-nodes.ts';
import type { KubeObject, Pod } from '../../../src/k8s/objects.ts';
import { podIPsOf } from '../../../src/k8s/pods.ts';
import type { Connect } from '../../../src/snapshot/snapshot.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db', replicas: 2 });
const api = workload({ name: 'api', nodes: ['node-b'] });
const dbOn = (node: string) => {
  const found = db.find((object): object is Pod => object.kind === 'Pod' && (object as Pod).spec.nodeName === node);
  return found ? (podIPsOf(found)[0] ?? '') : '';
};
const caller = api.find(({ kind }) => kind === 'Pod')?.metadata.name ?? '';
const to = (node: string, outcome: Connect['outcome']): Connect => ({
  kind: 'Connect',
  from: { pod: { namespace: 'demo', name: caller } },
  to: { address: dbOn(node), port: 8080, protocol: 'TCP' },
  outcome,
});
const objects = [...db, service({ name: 'db' }), ...api];
const flannel = [
  ...workload({ namespace: 'kube-flannel', name: 'kube-flannel-ds', kind: 'DaemonSet', replicas: 2 }),
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-flannel-cfg', namespace: 'kube-flannel' },
    data: { 'net-conf.json': '{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "Port": 4789}}' },
  } as KubeObject,
];

examples(check, {
  'across nodes it times out, on the same node it answers': {
    given: cluster(objects, [to('node-a', 'timeout'), to('node-b', 'connected')]),
    says: {
      summary: ['from node-b to node-a', 'on the same node it passes', 'overlay', '8472'],
      certainty: 'certain',
      impact: 'degrades',
      evidence: ['node/node-a status.addresses: InternalIP 192.168.10.11'],
    },
  },
  'the plugin says which port': {
    given: cluster([...objects, ...flannel], [to('node-a', 'timeout')]),
    says: {
      summary: ['UDP 4789 (VXLAN)'],
      certainty: 'likely',
      impact: 'breaks',
      evidence: ['configmap/kube-flannel-cfg'],
    },
  },
  'it times out on the same node too': {
    given: cluster(objects, [to('node-a', 'timeout'), to('node-b', 'timeout')]),
    says: 'passed',
  },
  'it is refused: the packet arrived': {
    given: cluster(objects, [to('node-a', 'refused'), to('node-b', 'connected')]),
    says: 'passed',
  },
  'both answer': { given: cluster(objects, [to('node-a', 'connected'), to('node-b', 'connected')]), says: 'passed' },
  'nothing was tried': { given: cluster(objects), says: 'skipped' },
});
