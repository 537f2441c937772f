import check from '../../../src/checks/dns/service-missing.ts';
import { healthy, resolvConf, withDns, withObservations } from '../../kit/dns.ts';
import type { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { service } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const noService = withDns(given, ({ kind }) => (kind === 'Service' ? 'gone' : undefined));
const nothing = withDns(given, () => 'gone');
const { coverage: _coverage, ...file } = nothing;
const labelled = (key: string, value: string): Snapshot => ({
  ...nothing,
  objects: nothing.objects.map((object) =>
    object.kind === 'Node'
      ? { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, [key]: value } } }
      : object,
  ),
});
const kubeSystemOnly: Snapshot['coverage'] = [
  { group: '', resource: 'services', namespaces: ['kube-system', 'demo'], state: 'read' },
  ...['pods', 'configmaps'].map((resource) => ({
    group: '',
    resource,
    namespaces: ['kube-system', 'demo'],
    state: 'read' as const,
  })),
  ...['deployments', 'daemonsets'].map((resource) => ({
    group: 'apps',
    resource,
    namespaces: ['kube-system'],
    state: 'read' as const,
  })),
  { group: 'discovery.k8s.io', resource: 'endpointslices', namespaces: ['kube-system', 'demo'], state: 'read' },
];

examples(check, {
  'CoreDNS behind kube-dns': {
    given,
    says: 'passed',
    detail: 'kube-dns 10.96.0.10: 2 of 2 CoreDNS Pods are ready, zone cluster.local',
  },
  'the Service was deleted': {
    given: noService,
    says: { summary: ['No Service kube-dns', '2 CoreDNS Pods wait'], certainty: 'certain' },
  },
  'no add-on at all, but Pods are told to ask one': {
    given: withObservations(
      nothing,
      resolvConf(
        nothing,
        'search demo.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
      ),
    ),
    says: { summary: ['10.96.0.10', 'no CoreDNS runs'], certainty: 'certain' },
  },
  'no add-on, and nobody knows what Pods ask': {
    given: nothing,
    says: {
      summary: ['No cluster DNS is installed', 'no Service kube-dns', 'no CoreDNS runs'],
      certainty: 'likely',
      impact: 'breaks',
    },
  },
  'no add-on, but EKS Auto Mode answers on the node': {
    given: labelled('eks.amazonaws.com/compute-type', 'auto'),
    says: 'passed',
  },
  'no add-on, but GKE asks Cloud DNS': { given: labelled('cloud.google.com/gke-nodepool', 'pool-1'), says: 'passed' },
  'no add-on, but the server of the cloud is asked': {
    given: withObservations(nothing, resolvConf(nothing, 'nameserver 169.254.169.254\n')),
    says: 'passed',
  },
  'no add-on, and other namespaces were not read': {
    given: { ...nothing, coverage: kubeSystemOnly },
    says: 'not-applicable',
  },
  'DNS of another make offers port 53': {
    given: {
      ...nothing,
      objects: [
        ...nothing.objects,
        service({ namespace: 'dns', name: 'knot', ports: [{ name: 'dns', protocol: 'UDP', port: 53 }] }),
      ],
    },
    says: 'not-applicable',
  },
  'the Service was made headless': {
    given: withDns(given, (object) => {
      if (object.kind === 'Service') Object.assign(object.spec, { clusterIP: 'None', clusterIPs: ['None'] });
    }),
    says: { summary: ['kube-dns', 'headless (clusterIP None)'], certainty: 'certain', impact: 'breaks' },
  },
  'a file without kube-system': { given: file, says: 'skipped' },
});
