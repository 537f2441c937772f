import { describe } from 'vitest';
import type { Pod } from '../../src/k8s/objects.ts';
import { podIPsOf } from '../../src/k8s/pods.ts';
import type { Connect, Lookup } from '../../src/snapshot/snapshot.ts';
import { change, cluster, node, service, workload } from '../kit/cluster.ts';
import { scenario } from '../kit/scenario.ts';

const virtual = '10.96.7.7';
const spec = { clusterIP: virtual, clusterIPs: [virtual] };
const db = workload({ name: 'db', nodes: ['node-a'] });
const api = workload({ name: 'api', nodes: ['node-b'] });
const podIn = (objects: readonly object[]) => objects.find((object): object is Pod => (object as Pod).kind === 'Pod');
const dbIP = podIPsOf(podIn(db) as Pod)[0] ?? '';
const connect = (address: string, outcome: Connect['outcome'], source = podIn(api)): Connect => ({
  kind: 'Connect',
  from: { pod: { namespace: 'demo', name: source?.metadata.name ?? '' } },
  to: { address, port: address === virtual ? 80 : 8080, protocol: 'TCP' },
  outcome,
});
const from = { from: 'demo/Deployment/api' };
const asks = (server: Lookup['server'], transport: Lookup['transport'], outcome: Lookup['outcome']): Lookup => ({
  kind: 'Lookup',
  from: { pod: { namespace: 'demo', name: podIn(api)?.metadata.name ?? '' } },
  server,
  transport,
  name: 'db.demo.svc.cluster.local',
  type: 'A',
  outcome,
});
const dnsPod = {
  pod: {
    namespace: 'kube-system',
    name: cluster([]).objects.find(({ metadata }) => metadata.name.startsWith('coredns-'))?.metadata.name ?? '',
  },
};
const vip = { clusterDNS: true } as const;
const proxy = workload({
  namespace: 'kube-system',
  name: 'kube-proxy',
  kind: 'DaemonSet',
  labels: { 'k8s-app': 'kube-proxy' },
  replicas: 2,
  spec: { hostNetwork: true },
});
const onNodeA = proxy.filter((object) => (object as Pod).spec.nodeName !== 'node-b');

describe('from node to Pod', () => {
  scenario(
    'all is well',
    cluster(
      [...db, service({ name: 'db', spec }), ...api, ...proxy],
      [connect(virtual, 'connected'), connect(dbIP, 'connected')],
    ),
    [],
    from,
  );
  scenario(
    'DNS is silent over UDP alone, though its Pods answer: its flow is stale',
    cluster(
      [...db, service({ name: 'db', spec }), ...api, ...proxy],
      [asks(vip, 'udp', 'timeout'), asks(vip, 'tcp', 'NOERROR'), asks(dnsPod, 'udp', 'NOERROR')],
    ),
    ['dataplane/stale-conntrack'],
    from,
  );
  scenario(
    'nothing passes between the nodes, questions for names neither',
    cluster(
      [...db, service({ name: 'db', spec }), ...api, ...proxy],
      [
        connect(virtual, 'timeout'),
        connect(dbIP, 'timeout'),
        asks(vip, 'udp', 'timeout'),
        asks(dnsPod, 'udp', 'timeout'),
      ],
    ),
    ['dataplane/overlay-between-nodes'],
    from,
  );
  scenario(
    'kube-proxy is missing on the client’s node, and DNS is silent too',
    cluster(
      [...db, service({ name: 'db', spec }), ...api, ...onNodeA],
      [connect(virtual, 'timeout'), connect(dbIP, 'connected'), asks(vip, 'udp', 'timeout')],
    ),
    ['dataplane/kube-proxy-down'],
    from,
  );
  scenario(
    'Local, and the ClusterIP fails as it must',
    cluster(
      [...db, service({ name: 'db', spec: { ...spec, internalTrafficPolicy: 'Local' } }), ...api],
      [connect(virtual, 'timeout'), connect(dbIP, 'connected')],
    ),
    ['dataplane/internal-traffic-policy-local'],
    from,
  );
  scenario(
    'kube-proxy is missing on the client’s node, and the ClusterIP fails',
    cluster(
      [...db, service({ name: 'db', spec }), ...api, ...onNodeA],
      [connect(virtual, 'timeout'), connect(dbIP, 'connected')],
    ),
    ['dataplane/kube-proxy-down'],
    from,
  );
  scenario(
    'kube-proxy runs and yet the ClusterIP fails',
    cluster(
      [...db, service({ name: 'db', spec }), ...api, ...proxy],
      [connect(virtual, 'timeout'), connect(dbIP, 'connected')],
    ),
    ['dataplane/kube-proxy-rules'],
    from,
  );
  scenario(
    'neither answers across nodes',
    cluster(
      [...db, service({ name: 'db', spec }), ...api, ...proxy],
      [connect(virtual, 'timeout'), connect(dbIP, 'timeout')],
    ),
    ['dataplane/overlay-between-nodes'],
    from,
  );
  scenario(
    'a load balancer is pending, and the client inside does not mind',
    cluster([...db, service({ name: 'db', spec: { ...spec, type: 'LoadBalancer' } }), ...api]),
    [],
    from,
  );
  scenario(
    'a load balancer is pending, and a policy Local besides: the client meets one fault',
    cluster([
      ...db,
      service({ name: 'db', spec: { ...spec, type: 'LoadBalancer', internalTrafficPolicy: 'Local' } }),
      ...api,
    ]),
    ['dataplane/internal-traffic-policy-local'],
    from,
  );
  scenario(
    'the node of another workload is lost',
    cluster([
      ...db,
      service({ name: 'db', spec }),
      ...api,
      change(
        node('node-c', '192.168.10.13'),
        (draft) => void (draft.status = { conditions: [{ type: 'Ready', status: 'Unknown' }] }),
      ),
    ]),
    [],
    from,
  );
  scenario(
    'a DaemonSet of agents with Local',
    cluster([
      ...workload({ name: 'db', kind: 'DaemonSet', replicas: 2 }),
      service({ name: 'db', spec: { ...spec, internalTrafficPolicy: 'Local' } }),
      ...api,
    ]),
    [],
    from,
  );
});
