import check from '../../../src/checks/client/wrong-protocol.ts';
import { service, workload } from '../../kit/cluster.ts';
import { caller } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';

const statsd = (protocol: 'TCP' | 'UDP') => [
  ...workload({ name: 'statsd', container: { ports: [{ containerPort: 8125, protocol }] } }),
  service({ name: 'statsd', ports: [{ name: 'statsd', port: 8125, targetPort: 8125, protocol }] }),
];
const target = 'demo/statsd';

examples(check, {
  'udp to a TCP port': {
    ...caller({ STATSD_URL: 'udp://statsd:8125' }, statsd('TCP')),
    target,
    says: { summary: ['STATSD_URL', 'UDP', '8125', 'TCP only'], certainty: 'certain', evidence: ['statsd 8125/TCP'] },
  },
  'tcp to a UDP port': {
    ...caller({ STATSD_URL: 'tcp://statsd:8125' }, statsd('UDP')),
    target,
    says: { summary: ['over TCP'], certainty: 'certain' },
  },
  'a key that says udp': {
    ...caller({ STATSD_UDP_ADDR: 'statsd:8125' }, statsd('TCP')),
    target,
    says: { summary: ['over UDP'], certainty: 'certain' },
  },
  'udp to a UDP port': { ...caller({ STATSD_URL: 'udp://statsd:8125' }, statsd('UDP')), target, says: 'passed' },
  'nothing tells the protocol': { ...caller({ STATSD_ADDR: 'statsd:8125' }, statsd('UDP')), target, says: 'passed' },
});
