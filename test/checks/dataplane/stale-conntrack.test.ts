import check from '../../../src/checks/dataplane/stale-conntrack.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import { podIPsOf } from '../../../src/k8s/pods.ts';
import type { Connect, Lookup, Observation } from '../../../src/snapshot/snapshot.ts';
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
const neighbour = workload({ name: 'cron', nodes: ['node-b'] });
const cronPod = neighbour.find((object): object is Pod => object.kind === 'Pod');
const web = [...db, service({ name: 'db' }), ...api, ...neighbour];
const dnsPod = cluster(web).objects.find(({ metadata }) => metadata.name.startsWith('coredns-'))?.metadata.name ?? '';
const asks = (
  from: Pod | undefined,
  server: Lookup['server'],
  transport: Lookup['transport'],
  outcome: Lookup['outcome'],
): Observation => ({
  kind: 'Lookup',
  from: { pod: { namespace: 'demo', name: from?.metadata.name ?? '' } },
  server,
  transport,
  name: 'db.demo.svc.cluster.local',
  type: 'A',
  outcome,
});
const vip = { clusterDNS: true } as const;
const straight = { pod: { namespace: 'kube-system', name: dnsPod } };
const dnsTable: Observation = {
  kind: 'Exec',
  pod: { namespace: 'kube-system', name: 'kube-proxy-x' },
  command: ['conntrack', '-L', '-p', 'udp', '--orig-dst', '10.96.0.10'],
  exitCode: 0,
  output:
    'udp 17 29 src=10.244.2.5 dst=10.96.0.10 sport=43145 dport=53 [UNREPLIED] src=10.244.0.99 dst=10.244.2.5 sport=53 dport=43145 mark=0 use=1\ntcp 6 117 TIME_WAIT src=10.244.2.5 dst=10.96.0.10 sport=40111 dport=53 src=10.244.0.98 dst=10.244.2.5 sport=53 dport=40111 [ASSURED] mark=0 use=1',
};
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
  'DNS is silent over UDP alone, and its Pods answer': {
    given: cluster(web, [
      asks(old, vip, 'udp', 'timeout'),
      asks(old, vip, 'tcp', 'NOERROR'),
      asks(old, straight, 'udp', 'NOERROR'),
    ]),
    from,
    says: { summary: ['kube-dns 10.96.0.10 over UDP', 'over TCP it answers', 'conntrack'], certainty: 'certain' },
  },
  'DNS is silent to one Pod, and answers its neighbour': {
    given: cluster(web, [
      asks(old, vip, 'udp', 'timeout'),
      asks(cronPod, vip, 'udp', 'NOERROR'),
      asks(old, straight, 'udp', 'NOERROR'),
    ]),
    from,
    says: { summary: [`answers pod/${cronPod?.metadata.name} on the same node`], certainty: 'likely' },
  },
  'DNS is silent over UDP, and its Pods too': {
    given: cluster(web, [
      asks(old, vip, 'udp', 'timeout'),
      asks(old, vip, 'tcp', 'NOERROR'),
      asks(old, straight, 'udp', 'timeout'),
    ]),
    from,
    says: 'not-applicable',
  },
  'the table sends DNS to an address that is gone': {
    given: cluster(web, [asks(old, vip, 'udp', 'timeout'), dnsTable]),
    from,
    says: { summary: ['10.96.0.10 to 10.244.0.99', 'no Pod of kube-dns any more'], certainty: 'certain' },
  },
  'nothing was tried': { given: cluster(objects), says: 'not-applicable' },
});
