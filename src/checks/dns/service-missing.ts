import { isReady } from '../../k8s/pods.ts';
import { addressesOf } from '../../snapshot/cluster-dns.ts';
import { dnsEndpoints, serverName } from '../../snapshot/dns-outage.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/service-missing',
  title: 'The cluster DNS has no Service',
  why: 'kubelet writes one address into every Pod as its nameserver: that of the Service kube-dns. Without the Service nobody holds that address, and every lookup times out.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/wrong-nameserver'],
  needs: ['clusterDns'],
  uses: ['resolvConfs', 'servicesEverywhere'],
  evaluate({ clusterDns: dns, resolvConfs = [], servicesEverywhere }) {
    const { service, namespace } = dns;
    if (service) {
      const { ready, listed } = dnsEndpoints(dns);
      const zones = dns.corefile?.parsed.blocks.flatMap(({ plugins }) =>
        plugins.filter(({ name }) => name === 'kubernetes'),
      );
      const zone = zones?.[0]?.args[0];
      return passed(
        `${service.metadata.name} ${addressesOf(service).join(',')}: ${ready} of ${listed} ${serverName(dns)} Pods are ready${zone ? `, zone ${zone}` : ''}`,
      );
    }
    const servers = [...dns.workloads, ...dns.pods];
    const given =
      dns.kubeletServers?.value[0] ??
      resolvConfs.map(({ text }) => /^\s*nameserver\s+(\S+)/m.exec(text)?.[1]).find(Boolean);
    const nobody = given !== undefined && /^(10|172|192|fd)/.test(given) && servicesEverywhere !== undefined;
    if (servers.length === 0 && !nobody)
      return notApplicable('no cluster DNS is to be seen: neither a Service nor Pods of one');
    const ready = dns.pods.filter(isReady).length;
    const manifest = `create service clusterip kube-dns -n ${namespace} --tcp=53:53`;
    return problem({
      certainty: 'certain',
      summary: `No Service kube-dns exists in ${namespace}: Pods ask ${given ?? 'an address'} that no Service holds${servers.length > 0 ? `, while ${ready} ${serverName(dns)} Pods wait for questions` : ', and no CoreDNS runs'}`,
      evidence: allOf([
        ...resolvConfs.slice(0, 1).map(({ pod, text }) => ({
          object: { kind: 'pod', name: pod.name, namespace: pod.namespace },
          path: '/etc/resolv.conf',
          saw: text.trim().replaceAll('\n', '; '),
        })),
        ...servers.slice(0, 2).map((server) => evidence(server, 'metadata.labels', server.metadata.labels ?? {})),
        ...(dns.kubeletServers
          ? [evidence(dns.kubeletServers.object, dns.kubeletServers.path, dns.kubeletServers.value.join(', '))]
          : []),
      ]),
      confirm: [confirm(kubectl('get', 'service', 'kube-dns', '-n', namespace), 'NotFound')],
      fix: {
        explain: `Create the Service kube-dns again, with the clusterIP that kubelet hands out (${given ?? 'clusterDNS in its configuration'}), port 53 for UDP and TCP, and the labels of the Pods as its selector. The command makes the TCP half: add the UDP port and the address in an editor.`,
        commands: [
          kubectl(...manifest.split(' '), ...(given ? [`--clusterip=${given}`] : []), '--dry-run=client', '-o', 'yaml'),
        ],
      },
    });
  },
});
