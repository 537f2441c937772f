import check from '../../../src/checks/ports/bound-to-loopback.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import type { Observation } from '../../../src/snapshot/snapshot.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db' });
const [pod] = db.filter((object): object is Pod => object.kind === 'Pod');
const name = pod?.metadata.name ?? '';
const on = (...addresses: readonly string[]): readonly Observation[] => [
  {
    kind: 'Listeners',
    pod: { namespace: 'demo', name },
    sockets: addresses.map((address) => ({ address, port: 8080, protocol: 'TCP' })),
  },
];
const connect = (
  from: Extract<Observation, { kind: 'Connect' }>['from'],
  outcome: 'refused' | 'connected',
): Observation => ({
  kind: 'Connect',
  from,
  to: { address: pod?.status?.podIP ?? '', port: 8080, protocol: 'TCP' },
  outcome,
});
const to8080 = service({ name: 'db' });

examples(check, {
  'bound to 127.0.0.1': {
    given: cluster([...db, to8080], on('127.0.0.1')),
    says: {
      summary: ['127.0.0.1:8080 only', 'deployment/db'],
      certainty: 'certain',
      evidence: ['127.0.0.1:8080/TCP, not 0.0.0.0'],
    },
  },
  'bound to ::1': { given: cluster([...db, to8080], on('::1')), says: { summary: ['::1:8080'], certainty: 'certain' } },
  'bound to all': { given: cluster([...db, to8080], on('0.0.0.0')), says: 'passed' },
  'bound to localhost and to the address of the Pod': {
    given: cluster([...db, to8080], on('127.0.0.1', pod?.status?.podIP ?? '')),
    says: 'passed',
  },
  'a port-forward gets in, the network does not': {
    given: cluster(
      [...db, to8080],
      [connect({ portForward: true }, 'connected'), connect({ node: 'node-b' }, 'refused')],
    ),
    says: { summary: ['127.0.0.1:8080'], certainty: 'certain' },
  },
  'a port-forward alone proves nothing': {
    given: cluster([...db, to8080], [connect({ portForward: true }, 'connected')]),
    says: 'not-applicable',
  },
  '/proc/net/tcp of the Pod': {
    given: cluster(
      [...db, to8080],
      [
        {
          kind: 'Exec',
          pod: { namespace: 'demo', name },
          command: ['cat', '/proc/net/tcp'],
          exitCode: 0,
          output:
            '  sl  local_address rem_address   st tx_queue\n   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000\n',
        },
      ],
    ),
    says: { summary: ['127.0.0.1:8080'], certainty: 'certain' },
  },
  'nobody looked': { given: cluster([...db, to8080]), says: 'not-applicable' },
});
