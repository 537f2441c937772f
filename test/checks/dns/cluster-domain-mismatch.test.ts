import check from '../../../src/checks/dns/cluster-domain-mismatch.ts';
import { healthy, kubeletConfig, resolvConf, stack, withCorefile, withObservations } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const search = (domain: string) =>
  `search demo.svc.${domain} svc.${domain} ${domain}\nnameserver 10.96.0.10\noptions ndots:5\n`;

examples(check, {
  'both say cluster.local': {
    given: withObservations(given, resolvConf(given, search('cluster.local'))),
    from: 'demo/Deployment/api',
    says: 'passed',
  },
  'nobody knows what Pods search': { given, says: 'passed' },
  'the client searches corp.internal': {
    given: withObservations(given, resolvConf(given, search('corp.internal'))),
    from: 'demo/Deployment/api',
    says: {
      summary: ['svc.corp.internal', 'serves cluster.local', 'db.demo.svc.corp.internal'],
      certainty: 'certain',
      evidence: ['/etc/resolv.conf: search'],
    },
  },
  'kubelet is told corp.internal': {
    given: healthy([
      ...stack,
      kubeletConfig(
        'apiVersion: kubelet.config.k8s.io/v1beta1\nclusterDNS:\n- 10.96.0.10\nclusterDomain: corp.internal\n',
      ),
    ]),
    says: { summary: ['svc.corp.internal'], certainty: 'certain', evidence: ['clusterDomain: corp.internal'] },
  },
  'the Corefile serves another domain than the nodes and the cluster': {
    given: withObservations(
      healthy([...stack, kubeletConfig('clusterDomain: cluster.local\n')]),
      resolvConf(given, search('k8s.example.com')),
    ),
    says: { summary: ['svc.k8s.example.com'], certainty: 'certain' },
  },
  'the Corefile serves both': {
    given: withCorefile(withObservations(given, resolvConf(given, search('corp.internal'))), (text) =>
      text.replace('kubernetes cluster.local', 'kubernetes cluster.local corp.internal'),
    ),
    says: 'passed',
  },
  'a rewrite carries one over into the other': {
    given: withCorefile(withObservations(given, resolvConf(given, search('corp.internal'))), (text) =>
      text.replace('    ready', '    ready\n    rewrite name suffix .corp.internal .cluster.local answer auto'),
    ),
    says: 'passed',
  },
  'a slip of the pen in the Corefile': {
    given: withCorefile(given, (text) => text.replace('kubernetes cluster.local', 'kubernetes cluster.locl')),
    says: { summary: ['cluster.locl', 'slip of the pen for cluster.local'], certainty: 'likely', impact: 'breaks' },
  },
  'a second cluster with a name of its own': {
    given: withCorefile(given, (text) => text.replace('kubernetes cluster.local', 'kubernetes cluster2.local')),
    says: 'passed',
  },
  'a Service that exists is denied below another domain': {
    given: withObservations(
      withCorefile(given, (text) => text.replace('kubernetes cluster.local', 'kubernetes k8s.acme.internal')),
      {
        kind: 'Lookup',
        from: { portForward: true },
        server: { clusterDNS: true },
        transport: 'tcp',
        name: 'kubernetes.default.svc.cluster.local.',
        type: 'A',
        outcome: 'NXDOMAIN',
      },
    ),
    says: {
      summary: ['serves k8s.acme.internal', 'kubernetes.default.svc.cluster.local'],
      certainty: 'likely',
      evidence: ['answer for kubernetes.default.svc.cluster.local: NXDOMAIN'],
    },
  },
  'a name that nobody has is denied': {
    given: withObservations(
      withCorefile(given, (text) => text.replace('kubernetes cluster.local', 'kubernetes k8s.acme.internal')),
      {
        kind: 'Lookup',
        from: { portForward: true },
        server: { clusterDNS: true },
        transport: 'tcp',
        name: 'cache.demo.svc.cluster.local.',
        type: 'A',
        outcome: 'NXDOMAIN',
      },
    ),
    says: 'passed',
  },
  'it was seen to resolve': {
    given: withObservations(given, resolvConf(given, search('corp.internal')), {
      kind: 'Lookup',
      from: { portForward: true },
      server: { clusterDNS: true },
      transport: 'tcp',
      name: 'db.demo.svc.corp.internal',
      type: 'A',
      outcome: 'NOERROR',
    }),
    says: 'passed',
  },
});
