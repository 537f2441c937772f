import check from '../../../src/checks/dataplane/kube-proxy-rules.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import { podIPsOf } from '../../../src/k8s/pods.ts';
import type { Connect } from '../../../src/snapshot/snapshot.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db', nodes: ['node-a'] });
const dbPod = db.find((object): object is Pod => object.kind === 'Pod');
const podIP = dbPod ? (podIPsOf(dbPod)[0] ?? '') : '';
const api = workload({ name: 'api', replicas: 2 });
const proxy = workload({
  namespace: 'kube-system',
  name: 'kube-proxy',
  kind: 'DaemonSet',
  labels: { 'k8s-app': 'kube-proxy' },
  replicas: 2,
});
const virtual = '10.96.7.7';
const objects = [...db, service({ name: 'db', spec: { clusterIP: virtual, clusterIPs: [virtual] } }), ...api, ...proxy];
const on = (node: string, address: string, outcome: Connect['outcome']): Connect => {
  const source = api.find((object) => (object as Pod).spec.nodeName === node);
  return {
    kind: 'Connect',
    from: { pod: { namespace: 'demo', name: source?.metadata.name ?? '' } },
    to: { address, port: address === virtual ? 80 : 8080, protocol: 'TCP' },
    outcome,
  };
};

examples(check, {
  'one node does not translate': {
    given: cluster(objects, [
      on('node-b', virtual, 'timeout'),
      on('node-b', podIP, 'connected'),
      on('node-a', virtual, 'connected'),
    ]),
    says: { summary: ['kube-proxy on node-b', virtual, 'on node-a it does'], certainty: 'certain', impact: 'degrades' },
  },
  'it refuses though Pods are ready': {
    given: cluster(objects, [on('node-b', virtual, 'refused'), on('node-b', podIP, 'connected')]),
    says: { summary: ['kube-proxy on node-b', 'refused'], certainty: 'likely', impact: 'breaks' },
  },
  'for the client named': {
    given: cluster(objects, [
      on('node-b', virtual, 'timeout'),
      on('node-a', virtual, 'timeout'),
      on('node-b', podIP, 'connected'),
      on('node-a', podIP, 'connected'),
    ]),
    from: 'demo/Deployment/api',
    says: { summary: ['node-b, node-a'], certainty: 'likely', impact: 'breaks' },
  },
  'the Pod does not answer either': {
    given: cluster(objects, [on('node-b', virtual, 'timeout'), on('node-b', podIP, 'timeout')]),
    says: 'passed',
  },
  'everything answers': {
    given: cluster(objects, [on('node-b', virtual, 'connected'), on('node-b', podIP, 'connected')]),
    says: 'passed',
  },
  'nothing was tried': { given: cluster(objects), says: 'skipped' },
  'only something else was tried': {
    given: cluster(objects, [on('node-b', '10.96.0.1', 'connected')]),
    says: 'not-applicable',
  },
});
