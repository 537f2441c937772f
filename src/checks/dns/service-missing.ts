import type { KubeObject, Node } from '../../k8s/objects.ts';
import { isReady } from '../../k8s/pods.ts';
import { addressesOf, type ClusterDns } from '../../snapshot/cluster-dns.ts';
import { dnsEndpoints, serverName } from '../../snapshot/dns-outage.ts';
import type { ResolvConf } from '../../snapshot/snapshot.ts';
import {
  allOf,
  confirm,
  defineCheck,
  evidence,
  kubectl,
  notApplicable,
  passed,
  problem,
  type Evidence,
  type Fix,
} from '../define.ts';

export default defineCheck({
  id: 'dns/service-missing',
  title: 'No Service holds the address of the cluster DNS',
  why: 'kubelet writes one address into every Pod as its nameserver: that of the Service kube-dns. Without the Service, or with a headless one, nobody holds that address, and every lookup times out. A cluster that was set up without the add-on has no DNS at all.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/wrong-nameserver', 'dns/missing-cluster-dns'],
  needs: ['clusterDns'],
  uses: ['resolvConfs', 'servicesEverywhere', 'nodes'],
  evaluate({ clusterDns: dns, resolvConfs = [], servicesEverywhere, nodes = [] }) {
    const { service, headless, namespace } = dns;
    if (service) return passed(served(dns));
    const servers = [...dns.workloads, ...dns.pods];
    const given =
      dns.kubeletServers?.value[0] ??
      resolvConfs.map(({ text }) => /^\s*nameserver\s+(\S+)/m.exec(text)?.[1]).find(Boolean);
    const nobody = given !== undefined && /^(10|172|192|fd)/.test(given) && servicesEverywhere !== undefined;
    if (headless)
      return problem({
        certainty: 'certain',
        summary: `Service ${headless.metadata.name} of ${namespace} is headless (clusterIP None): it holds no address, and Pods ask ${given ?? 'the one it had'}`,
        evidence: allOf([evidence(headless, 'spec.clusterIP', 'None'), ...whatPodsAsk(dns, resolvConfs)]),
        confirm: [
          confirm(
            kubectl('get', 'service', headless.metadata.name, '-n', namespace, '-o', 'jsonpath={.spec.clusterIP}'),
            'None',
          ),
        ],
        fix: recreate(headless, namespace, given),
      });
    const elsewhere = dnsOfNodes(nodes) ?? (given?.startsWith('169.254.') ? `the server at ${given}` : undefined);
    if (servers.length === 0 && !nobody) {
      if (!dns.absent) return notApplicable('no cluster DNS is to be seen: neither a Service nor Pods of one');
      if (elsewhere) return passed(`Pods are served by ${elsewhere}`);
    }
    if (servers.length === 0 && dns.absent)
      return problem({
        certainty: nobody ? 'certain' : 'likely',
        summary: `No cluster DNS is installed: there is no Service kube-dns, and no CoreDNS runs${given ? `, while Pods ask ${given}` : ''}`,
        evidence: allOf([
          evidence(kubeSystem, 'services', 'no Service of any namespace offers port 53'),
          evidence(kubeSystem, 'pods', 'no Pod, Deployment or DaemonSet runs coredns or kube-dns'),
          ...whatPodsAsk(dns, resolvConfs),
        ]),
        confirm: [
          confirm(kubectl('get', 'services,deployments,pods', '-n', namespace), 'neither kube-dns nor coredns'),
        ],
        fix: install,
      });
    const ready = dns.pods.filter(isReady).length;
    return problem({
      certainty: 'certain',
      summary: `No Service kube-dns exists in ${namespace}: Pods ask ${given ?? 'an address'} that no Service holds${servers.length > 0 ? `, while ${ready} ${serverName(dns)} Pods wait for questions` : ', and no CoreDNS runs'}`,
      evidence: allOf([
        ...whatPodsAsk(dns, resolvConfs),
        ...servers.slice(0, 2).map((server) => evidence(server, 'metadata.labels', server.metadata.labels ?? {})),
      ]),
      confirm: [confirm(kubectl('get', 'service', 'kube-dns', '-n', namespace), 'NotFound')],
      fix: recreate(undefined, namespace, given),
    });
  },
});

const kubeSystem: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } };

function served(dns: ClusterDns): string {
  const { ready, listed } = dnsEndpoints(dns);
  const zones = dns.corefile?.parsed.blocks.flatMap(({ plugins }) =>
    plugins.filter(({ name }) => name === 'kubernetes'),
  );
  const zone = zones?.[0]?.args[0];
  const { service } = dns;
  return `${service?.metadata.name} ${service ? addressesOf(service).join(',') : ''}: ${ready} of ${listed} ${serverName(dns)} Pods are ready${zone ? `, zone ${zone}` : ''}`;
}

const whatPodsAsk = (dns: ClusterDns, resolvConfs: readonly ResolvConf[]): readonly Evidence[] => [
  ...resolvConfs.slice(0, 1).map(({ pod, text }) => ({
    object: { kind: 'pod', name: pod.name, namespace: pod.namespace },
    path: '/etc/resolv.conf',
    saw: text.trim().replaceAll('\n', '; '),
  })),
  ...(dns.kubeletServers
    ? [evidence(dns.kubeletServers.object, dns.kubeletServers.path, dns.kubeletServers.value.join(', '))]
    : []),
];

/** A clusterIP cannot be given to a headless Service: it is immutable. */
function recreate(headless: KubeObject | undefined, namespace: string, given: string | undefined): Fix {
  const manifest = `create service clusterip kube-dns -n ${namespace} --tcp=53:53`;
  const first = headless ? `Delete the headless one, since clusterIP is immutable, and create` : 'Create';
  return {
    explain: `${first} the Service kube-dns again, with the clusterIP that kubelet hands out (${given ?? 'clusterDNS in its configuration'}), port 53 for UDP and TCP, and the labels of the Pods as its selector. The command makes the TCP half: add the UDP port and the address in an editor.`,
    commands: [
      kubectl(...manifest.split(' '), ...(given ? [`--clusterip=${given}`] : []), '--dry-run=client', '-o', 'yaml'),
    ],
  };
}

const install: Fix = {
  explain:
    'Install CoreDNS the way the cluster was set up: kubeadm has a phase for it, MicroK8s an add-on (microk8s enable dns), managed clusters one of the provider, the rest a Helm chart. Its Service needs the clusterIP that kubelet hands out (clusterDNS).',
  commands: [['kubeadm', 'init', 'phase', 'addon', 'coredns']],
};

/** Providers that answer on the node or outside the cluster, where neither Service nor Pods need to exist. */
function dnsOfNodes(nodes: readonly Node[]): string | undefined {
  const labels = nodes.map(({ metadata }) => metadata.labels ?? {});
  if (labels.some((of) => of['eks.amazonaws.com/compute-type'] === 'auto'))
    return 'the DNS of EKS Auto Mode, on the node';
  if (labels.some((of) => of['cloud.google.com/gke-nodepool'] !== undefined)) return 'Cloud DNS of GKE';
  return undefined;
}
