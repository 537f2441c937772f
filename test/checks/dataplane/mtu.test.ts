import check from '../../../src/checks/dataplane/mtu.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import type { Observation } from '../../../src/snapshot/snapshot.ts';

const api = workload({ name: 'api' });
const caller = {
  namespace: 'demo',
  name: api.find((object): object is Pod => object.kind === 'Pod')?.metadata.name ?? '',
};
const virtual = '10.96.7.7';
const objects = [
  ...workload({ name: 'db' }),
  service({ name: 'db', spec: { clusterIP: virtual, clusterIPs: [virtual] } }),
  ...api,
];
const opens: Observation = {
  kind: 'Connect',
  from: { pod: caller },
  to: { address: virtual, port: 80, protocol: 'TCP' },
  outcome: 'connected',
};
const ran = (command: string, exitCode: number, output: string): Observation => ({
  kind: 'Exec',
  pod: caller,
  command: command.split(' '),
  exitCode,
  output,
});

examples(check, {
  'ping says what fits': {
    given: cluster(
      [...objects, ...workload({ namespace: 'kube-flannel', name: 'kube-flannel-ds', kind: 'DaemonSet' })],
      [ran('ping -M do -s 1472 -c 1 10.244.1.9', 1, 'ping: local error: message too long, mtu=1450')],
    ),
    from: 'demo/Deployment/api',
    says: { summary: ['large packets are lost (1472 bytes)', 'mtu 1450'], certainty: 'certain', impact: 'degrades' },
  },
  'it opens, and then nothing comes': {
    given: cluster(objects, [
      opens,
      ran(
        'curl -m 10 http://db/big',
        28,
        'curl: (28) Operation timed out after 10001 milliseconds with 0 bytes received',
      ),
    ]),
    says: { summary: ['MTU'], certainty: 'likely' },
  },
  'it does not even open': {
    given: cluster(objects, [
      ran(
        'curl -m 10 http://db/big',
        28,
        'curl: (28) Operation timed out after 10001 milliseconds with 0 bytes received',
      ),
    ]),
    says: 'passed',
  },
  'all is well': { given: cluster(objects, [opens, ran('curl http://db', 0, 'ok')]), says: 'passed' },
  'nothing was run': { given: cluster(objects, [opens]), says: 'skipped' },
});
