import check from '../../../src/checks/dataplane/stale-conntrack.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import { podIPsOf } from '../../../src/k8s/pods.ts';
import type { Connect, Observation } from '../../../src/snapshot/snapshot.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const virtual = '10.96.7.7';
const statsd = service({
  name: 'db',
  ports: [{ name: 'statsd', port: 8125, protocol: 'UDP' }],
  spec: { clusterIP: virtual, clusterIPs: [virtual] },
});
const db = workload({ name: 'db', nodes: ['node-a'] });
const dbPod = db.find((object): object is Pod => object.kind === 'Pod');
const podIP = dbPod ? (podIPsOf(dbPod)[0] ?? '') : '';
const api = workload({ name: 'api', replicas: 2, nodes: ['node-b'] });
const [old, fresh] = api.filter((object): object is Pod => object.kind === 'Pod');
const udp = (from: Pod | undefined, address: string, outcome: Connect['outcome']): Observation => ({
  kind: 'Connect',
  from: { pod: { namespace: 'demo', name: from?.metadata.name ?? '' } },
  to: { address, port: 8125, protocol: 'UDP' },
  outcome,
});
const conntrack = (reply: string): Observation => ({
  kind: 'Exec',
  pod: { namespace: 'demo', name: old?.metadata.name ?? '' },
  command: ['conntrack', '-L', '-p', 'udp'],
  exitCode: 0,
  output: `udp 17 29 src=10.244.2.5 dst=${virtual} sport=40001 dport=8125 [UNREPLIED] src=${reply} dst=10.244.2.5 sport=8125 dport=40001 mark=0 use=1`,
});
const objects = [...db, statsd, ...api];
const from = 'demo/Deployment/api';

examples(check, {
  'the table names an address that is gone': {
    given: cluster(objects, [conntrack('10.244.9.9')]),
    from,
    says: { summary: ['conntrack on node-b', virtual, '10.244.9.9'], certainty: 'certain', impact: 'breaks' },
  },
  'the table names a Pod that lives': { given: cluster(objects, [conntrack(podIP)]), from, says: 'not-applicable' },
  'one client hears nothing, its neighbour does': {
    given: cluster(objects, [
      udp(old, virtual, 'timeout'),
      udp(old, podIP, 'connected'),
      udp(fresh, virtual, 'connected'),
    ]),
    from,
    says: { summary: ['conntrack entry is stale', 'other clients'], certainty: 'likely' },
  },
  'the Pods are younger than the client': {
    given: cluster(
      [
        ...change(db, (all) =>
          all.forEach(
            (object) => void (object.kind === 'Pod' && (object.metadata.creationTimestamp = '2026-03-02T09:50:00Z')),
          ),
        ),
        statsd,
        ...api,
      ],
      [udp(old, virtual, 'timeout'), udp(old, podIP, 'connected')],
    ),
    from,
    says: { summary: ['the Pods answer directly'], certainty: 'likely' },
  },
  'the Pod is silent too': {
    given: cluster(objects, [udp(old, virtual, 'timeout'), udp(old, podIP, 'timeout')]),
    from,
    says: 'passed',
  },
  'nothing was tried': { given: cluster(objects), says: 'not-applicable' },
});
