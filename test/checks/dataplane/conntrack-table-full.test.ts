import check from '../../../src/checks/dataplane/conntrack-table-full.ts';
import { cluster, pod, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import type { Event } from '../../../src/k8s/objects.ts';

const objects = [...workload({ name: 'db' }), service({ name: 'db' }), pod({ name: 'node-shell' })];
const shell = { namespace: 'demo', name: 'node-shell' };

examples(check, {
  'the kernel log says so': {
    given: cluster(objects, [
      {
        kind: 'Exec',
        pod: shell,
        command: ['dmesg'],
        exitCode: 0,
        output: '[12345.6] nf_conntrack: nf_conntrack: table full, dropping packet\n',
      },
    ]),
    says: { summary: ['of node-a', 'table full'], certainty: 'certain', impact: 'degrades' },
  },
  'a log says so': {
    given: cluster(objects, [
      { kind: 'Log', pod: shell, previous: false, text: 'kernel: nf_conntrack: table full, dropping packet' },
    ]),
    says: { summary: ['conntrack table is full'], certainty: 'certain' },
  },
  'the counters say so': {
    given: cluster(objects, [
      {
        kind: 'Exec',
        pod: shell,
        command: ['sysctl', 'net.netfilter'],
        exitCode: 0,
        output: 'net.netfilter.nf_conntrack_count = 65535\nnet.netfilter.nf_conntrack_max = 65536',
      },
    ]),
    says: { summary: ['conntrack table is full'], certainty: 'certain', evidence: ['nf_conntrack_count = 65535'] },
  },
  'an event says so': {
    given: cluster([
      ...objects,
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'e', namespace: 'demo' },
        reason: 'ConntrackFull',
        message: 'Conntrack table full',
      } as Event,
    ]),
    says: { summary: ['conntrack table is full'], certainty: 'certain' },
  },
  'there is room': {
    given: cluster(objects, [
      {
        kind: 'Exec',
        pod: shell,
        command: ['sysctl', 'net.netfilter'],
        exitCode: 0,
        output: 'net.netfilter.nf_conntrack_count = 1200\nnet.netfilter.nf_conntrack_max = 65536',
      },
    ]),
    says: 'passed',
  },
  'nothing was read': { given: cluster(objects), says: 'not-applicable' },
});
