import check from '../../../src/checks/dataplane/hairpin.ts';
import type { KubeObject, Pod } from '../../../src/k8s/objects.ts';
import { podIPsOf } from '../../../src/k8s/pods.ts';
import type { Connect } from '../../../src/snapshot/snapshot.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const virtual = '10.96.7.7';
const dbs = (replicas: number) => workload({ name: 'db', replicas });
const podsIn = (objects: readonly KubeObject[]) => objects.filter((object): object is Pod => object.kind === 'Pod');
const api = workload({ name: 'api' });
const dbService = service({ name: 'db', spec: { clusterIP: virtual, clusterIPs: [virtual] } });
const connect = (from: Pod | undefined, address: string, outcome: Connect['outcome']): Connect => ({
  kind: 'Connect',
  from: { pod: { namespace: 'demo', name: from?.metadata.name ?? '' } },
  to: { address, port: address === virtual ? 80 : 8080, protocol: 'TCP' },
  outcome,
});
const one = dbs(1);
const [self] = podsIn(one);
const two = dbs(2);
const [first] = podsIn(two);
const [caller] = podsIn(api);
const own = self ? (podIPsOf(self)[0] ?? '') : '';
const flannel = (hairpin: string) =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-flannel-cfg', namespace: 'kube-flannel' },
    data: { 'cni-conf.json': `{"plugins": [{"type": "flannel", "delegate": {${hairpin}"isDefaultGateway": true}}]}` },
  }) as KubeObject;

examples(check, {
  'the only Pod cannot reach itself': {
    given: cluster(
      [...one, dbService, ...api],
      [connect(self, virtual, 'timeout'), connect(self, own, 'connected'), connect(caller, virtual, 'connected')],
    ),
    from: 'demo/Deployment/db',
    says: { summary: ['cannot reach itself', 'hairpin', 'answers others'], certainty: 'certain', impact: 'breaks' },
  },
  'one of two, and others reach it': {
    given: cluster(
      [...two, dbService, ...api],
      [connect(first, virtual, 'timeout'), connect(caller, virtual, 'connected')],
    ),
    says: { summary: ['hairpin'], certainty: 'certain', impact: 'degrades' },
  },
  'nobody reaches it': {
    given: cluster(
      [...one, dbService, ...api],
      [connect(self, virtual, 'timeout'), connect(caller, virtual, 'timeout')],
    ),
    says: 'not-applicable',
  },
  'it reaches itself': {
    given: cluster([...one, dbService], [connect(self, virtual, 'connected')]),
    from: 'demo/Deployment/db',
    says: 'passed',
  },
  'hairpin mode is off in the CNI configuration, and nobody tried': {
    given: cluster([...one, dbService, flannel('"hairpinMode": false, ')]),
    from: 'demo/Deployment/db',
    says: { summary: ['calls itself', 'hairpin mode off'], certainty: 'likely', evidence: ['"hairpinMode": false'] },
  },
  'hairpin mode is on': {
    given: cluster([...one, dbService, flannel('"hairpinMode": true, ')]),
    from: 'demo/Deployment/db',
    says: 'passed',
  },
  'another client': {
    given: cluster([...one, dbService, ...api]),
    from: 'demo/Deployment/api',
    says: 'not-applicable',
  },
});
