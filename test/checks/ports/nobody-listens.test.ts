import check from '../../../src/checks/ports/nobody-listens.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import type { Observation, Socket } from '../../../src/snapshot/snapshot.ts';
import { cluster, service, unready, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event, withPods } from '../../kit/pod-states.ts';

const db = workload({ name: 'db', replicas: 2, container: { ports: [] } });
const pods = db.filter((object): object is Pod => object.kind === 'Pod');
const table = (of: Pod | undefined, ...sockets: readonly Partial<Socket>[]): Observation => ({
  kind: 'Listeners',
  pod: { namespace: 'demo', name: of?.metadata.name ?? '' },
  sockets: sockets.map((socket) => ({ address: '0.0.0.0', port: 80, protocol: 'TCP', ...socket })),
});
const all = (...sockets: readonly Partial<Socket>[]) => pods.map((pod) => table(pod, ...sockets));
const to8111 = service({ name: 'db', ports: [{ port: 8111, targetPort: 8111 }] });
const refusedByKubelet = [
  ...withPods(db, (pod) => unready(pod)),
  ...pods.map((pod) =>
    event(
      pod,
      'Unhealthy',
      `Readiness probe failed: dial tcp ${pod.status?.podIP}:8111: connect: connection refused`,
      'db',
    ),
  ),
];
const connect = (
  outcome: 'refused' | 'connected',
  from: Extract<Observation, { kind: 'Connect' }>['from'] = { node: 'node-a' },
  port = 8111,
): readonly Observation[] =>
  pods.map(({ status }) => ({
    kind: 'Connect',
    from,
    to: { address: status?.podIP ?? '', port, protocol: 'TCP' },
    outcome,
  }));

examples(check, {
  'the process listens on another port': {
    given: cluster([...db, to8111], all({ port: 80 })),
    says: {
      summary: ['8111/TCP', 'deployment/db', 'refused', 'listen on 80'],
      patchCannotShow: 'the slices follow the Service, which no patch of a snapshot shows',
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['0.0.0.0:80/TCP: not 8111/TCP'],
    },
  },
  'it listens there': { given: cluster([...db, to8111], all({ port: 8111 })), says: 'passed' },
  'on all addresses of both families': {
    given: cluster([...db, to8111], all({ port: 8111, address: '::' })),
    says: 'passed',
  },
  'a refused connection, and the container declares another port': {
    given: cluster(
      [...workload({ name: 'db', replicas: 2, container: { ports: [{ containerPort: 6081 }] } }), to8111],
      connect('refused'),
    ),
    says: {
      summary: ['8111/TCP', 'connections are refused', 'container db declares 6081'],
      certainty: 'certain',
      patchCannotShow: 'the slices follow the Service, which no patch of a snapshot shows',
    },
  },
  'a refused connection, and one of two declared ports bears the name': {
    given: cluster(
      [
        ...workload({
          name: 'db',
          replicas: 2,
          container: {
            ports: [
              { name: 'metrics', containerPort: 9131 },
              { name: 'http', containerPort: 6081 },
            ],
          },
        }),
        service({ name: 'db', ports: [{ name: 'http', port: 8111, targetPort: 8111 }] }),
      ],
      connect('refused'),
    ),
    says: {
      summary: ['declares 6081'],
      certainty: 'certain',
      patchCannotShow: 'the slices follow the Service, which no patch of a snapshot shows',
    },
  },
  'nobody looked': { given: cluster([...db, to8111]), says: 'not-applicable', detail: 'not probed' },
  'one Pod of two': {
    given: cluster([...db, to8111], [table(pods[0], { port: 8111 }), table(pods[1])]),
    says: { summary: ['1 of 2 Pods', pods[1]?.metadata.name ?? ''], certainty: 'certain', impact: 'degrades' },
  },
  'one port of two': {
    given: cluster(
      [
        ...db,
        service({
          name: 'db',
          ports: [
            { name: 'http', port: 80, targetPort: 80 },
            { name: 'metrics', port: 9090, targetPort: 9090 },
          ],
        }),
      ],
      all({ port: 80 }),
    ),
    says: { summary: ['9090/TCP', 'metrics 9090/TCP'], certainty: 'certain', impact: 'degrades' },
  },
  'a mesh listens beside it': {
    given: cluster([...db, to8111], all({ port: 15006 }, { port: 15021 }, { port: 8080 })),
    says: {
      summary: ['listen on 8080'],
      patchCannotShow: 'the slices follow the Service, which no patch of a snapshot shows',
      certainty: 'certain',
    },
  },
  'connections were refused': {
    given: cluster([...db, to8111], connect('refused')),
    says: { summary: ['8111/TCP', 'refused'], certainty: 'certain' },
  },
  'a port-forward was refused': {
    given: cluster([...db, to8111], connect('refused', { portForward: true })),
    says: { summary: ['8111/TCP'], certainty: 'likely', evidence: ['a port-forward to 8111 was refused'] },
  },
  'a port-forward was refused, and kubelet on the address of the Pod': {
    given: cluster([...refusedByKubelet, to8111], connect('refused', { portForward: true })),
    says: { summary: ['8111/TCP'], certainty: 'certain' },
  },
  'a port-forward was refused, and kubelet on another port': {
    given: cluster(
      [...refusedByKubelet, service({ name: 'db', ports: [{ port: 8112, targetPort: 8112 }] })],
      connect('refused', { portForward: true }, 8112),
    ),
    says: { summary: ['8112/TCP'], certainty: 'likely' },
  },
  'a port-forward was refused, and the program is told another port': {
    given: cluster(
      [
        ...workload({ name: 'db', replicas: 2, container: { ports: [], args: ['--web.listen-address=:9115'] } }),
        to8111,
      ],
      connect('refused', { portForward: true }),
    ),
    says: {
      summary: ['8111/TCP', 'it is started with --web.listen-address=:9115'],
      certainty: 'likely',
      patchCannotShow: 'the slices follow the Service, which no patch of a snapshot shows',
    },
  },
  'a port-forward was refused, and accepted on another port': {
    given: cluster(
      [...db, to8111],
      [...connect('refused', { portForward: true }), ...connect('connected', { portForward: true }, 3000)],
    ),
    says: {
      summary: ['8111/TCP', 'they listen on 3000'],
      patchCannotShow: 'the slices follow the Service, which no patch of a snapshot shows',
      certainty: 'certain',
    },
  },
  'a port-forward to one of two was refused': {
    given: cluster(
      [...db, to8111],
      [
        ...connect('connected', { portForward: true }).slice(1),
        ...connect('refused', { portForward: true }).slice(0, 1),
      ],
    ),
    says: { summary: ['1 of 2 Pods'], certainty: 'certain', impact: 'degrades' },
  },
  'a port-forward was refused, but the kubelet gets through to the address of the Pod': {
    given: cluster(
      [
        ...workload({
          name: 'db',
          replicas: 2,
          container: { ports: [], readinessProbe: { tcpSocket: { port: 8111 } } },
        }),
        to8111,
      ],
      connect('refused', { portForward: true }),
    ),
    says: 'passed',
  },
  'port-forwards were accepted': {
    given: cluster([...db, to8111], connect('connected', { portForward: true })),
    says: 'passed',
  },
  'connections were taken': { given: cluster([...db, to8111], connect('connected')), says: 'passed' },
  'ss was run in a Pod': {
    given: cluster(
      [...db, to8111],
      pods.map(({ metadata }) => ({
        kind: 'Exec',
        pod: { namespace: 'demo', name: metadata.name },
        command: ['ss', '-lnt'],
        exitCode: 0,
        output:
          'State  Recv-Q Send-Q Local Address:Port Peer Address:Port\nLISTEN 0      511          0.0.0.0:80        0.0.0.0:*\n',
      })),
    ),
    says: {
      summary: ['8111/TCP', 'listen on 80'],
      patchCannotShow: 'the slices follow the Service, which no patch of a snapshot shows',
      certainty: 'certain',
    },
  },
});
