import check from '../../../src/checks/dataplane/kube-proxy-failing.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const proxy = workload({
  namespace: 'kube-system',
  name: 'kube-proxy',
  kind: 'DaemonSet',
  labels: { 'k8s-app': 'kube-proxy' },
  replicas: 2,
});
const podOn = (node: string) => proxy.find((object) => (object as Pod).spec.nodeName === node)?.metadata.name ?? '';
const objects = [
  ...workload({ name: 'db' }),
  service({ name: 'db' }),
  ...workload({ name: 'api', nodes: ['node-b'] }),
  ...proxy,
];
const given = (node: string, text: string) =>
  cluster(objects, [{ kind: 'Log', pod: { namespace: 'kube-system', name: podOn(node) }, previous: false, text }]);
const from = 'demo/Deployment/api';

examples(check, {
  'it may not read EndpointSlices': {
    given: given(
      'node-b',
      'E0302 reflector.go:147] Failed to watch *v1.EndpointSlice: endpointslices.discovery.k8s.io is forbidden: User "system:serviceaccount:kube-system:kube-proxy" cannot list resource "endpointslices"',
    ),
    from,
    says: {
      summary: ['on node-b', 'forbidden'],
      certainty: 'likely',
      impact: 'breaks',
      evidence: ['endpointslices.discovery.k8s.io is forbidden'],
    },
  },
  'it cannot write its rules': {
    given: given('node-b', 'E0302 proxier.go:1545] "Failed to execute iptables-restore" err="exit status 2"'),
    from,
    says: { summary: ['fails to write its rules'], certainty: 'likely' },
  },
  'without a client': {
    given: given('node-b', "E0302 Can't use the IPVS proxier: missing kernel modules"),
    says: { summary: ['cannot use IPVS'], certainty: 'likely', impact: 'degrades' },
  },
  'nothing wrong': { given: given('node-b', 'I0302 server.go:677 "Version info"'), from, says: 'passed' },
  'the log of another node': {
    given: given('node-a', 'E0302 is forbidden: cannot list resource'),
    from,
    says: 'not-applicable',
  },
  'no log': { given: cluster(objects), from, says: 'skipped' },
});
