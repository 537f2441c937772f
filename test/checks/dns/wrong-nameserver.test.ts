import check from '../../../src/checks/dns/wrong-nameserver.ts';
import { client, healthy, kubeletConfig, podIn, resolvConf, stack, withObservations } from '../../kit/dns.ts';
import { cluster } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const conf = (server: string) =>
  `search demo.svc.cluster.local svc.cluster.local cluster.local\nnameserver ${server}\noptions ndots:5\n`;
const asks = (server: string) => withObservations(given, resolvConf(given, conf(server)));

examples(check, {
  'the address of kube-dns': { given: asks('10.96.0.10'), from: 'demo/Deployment/api', says: 'passed' },
  'the address of an old Service range': {
    given: asks('10.43.0.10'),
    from: 'demo/Deployment/api',
    says: {
      summary: ['nameserver 10.43.0.10', 'no Service', 'kube-dns is at 10.96.0.10'],
      certainty: 'certain',
      evidence: ['/etc/resolv.conf: nameserver 10.43.0.10'],
    },
  },
  'somebody printed the file': {
    given: {
      ...given,
      observations: [
        {
          kind: 'Exec',
          pod: { namespace: 'demo', name: podIn(given, 'api-') },
          command: ['cat', '/etc/resolv.conf'],
          exitCode: 0,
          output: conf('10.43.0.10'),
        },
      ],
    },
    from: 'demo/Deployment/api',
    says: { summary: ['nameserver 10.43.0.10'], certainty: 'certain', evidence: ['/etc/resolv.conf: nameserver'] },
  },
  'somebody failed to print it': {
    given: {
      ...given,
      observations: [
        {
          kind: 'Exec',
          pod: { namespace: 'demo', name: podIn(given, 'api-') },
          command: ['cat', '/etc/resolv.conf'],
          exitCode: 126,
          output: 'exec: "cat": executable file not found in $PATH',
        },
      ],
    },
    from: 'demo/Deployment/api',
    says: 'passed',
  },
  'kubelet is told another address': {
    given: cluster([...stack, kubeletConfig('clusterDNS:\n  - 10.100.0.10\n')]),
    says: { summary: ['kubelet hands out nameserver 10.100.0.10', '10.96.0.10'], certainty: 'certain' },
  },
  'the right one comes second': {
    given: asks('10.43.0.10\nnameserver 10.96.0.10'),
    from: 'demo/Deployment/api',
    says: { summary: ['10.43.0.10'], certainty: 'certain', impact: 'degrades' },
  },
  'a cache on the node': { given: asks('169.254.20.10'), from: 'demo/Deployment/api', says: 'not-applicable' },
  'the node itself': { given: asks('192.168.10.11'), from: 'demo/Deployment/api', says: 'not-applicable' },
  'nobody looked': { given, from: 'demo/Deployment/api', says: 'passed' },
  'the client has servers of its own': {
    given: cluster(client({ dnsPolicy: 'Default' })),
    from: 'demo/Deployment/api',
    says: 'not-applicable',
  },
});
