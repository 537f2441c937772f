import check from '../../../src/checks/policy/other-engine.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import { podIPsOf } from '../../../src/k8s/pods.ts';
import type { Connect } from '../../../src/snapshot/snapshot.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db', nodes: ['node-a'] });
const api = workload({ name: 'api', nodes: ['node-a'] });
const podIn = (objects: readonly object[]) => objects.find((object): object is Pod => (object as Pod).kind === 'Pod');
const address = podIPsOf(podIn(db) as Pod)[0] ?? '';
const tried = (outcome: Connect['outcome']): Connect => ({
  kind: 'Connect',
  from: { pod: { namespace: 'demo', name: podIn(api)?.metadata.name ?? '' } },
  to: { address, port: 8080, protocol: 'TCP' },
  outcome,
});
const cilium = (ns: string) => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { name: 'db-lockdown', namespace: ns },
  spec: { endpointSelector: { matchLabels: { app: 'db' } }, ingress: [] },
});
const objects = [...db, service({ name: 'db' }), ...api];
const from = 'demo/Deployment/api';

examples(check, {
  'the Pods are silent on the same node': {
    given: cluster([...objects, cilium('demo')], [tried('timeout')]),
    from,
    says: { summary: ['CiliumNetworkPolicy db-lockdown', 'not judged'], certainty: 'possible', impact: 'breaks' },
  },
  'they answer': { given: cluster([...objects, cilium('demo')], [tried('connected')]), from, says: 'passed' },
  'a policy of another namespace': {
    given: cluster([...objects, cilium('shop')], [tried('timeout')]),
    from,
    says: 'not-applicable',
  },
  'nothing was tried': { given: cluster([...objects, cilium('demo')]), from, says: 'skipped' },
});
