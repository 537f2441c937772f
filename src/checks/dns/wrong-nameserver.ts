import { askedDnsOf, parseResolvConf } from '../../k8s/names.ts';
import { servicesAt } from '../../k8s/services.ts';
import { isLinkLocal } from '../../k8s/resolv-conf.ts';
import { isClusterDns } from '../../snapshot/asked-servers.ts';
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
} from '../define.ts';

export default defineCheck({
  id: 'dns/wrong-nameserver',
  title: 'Pods are given a nameserver that is not the cluster DNS',
  why: 'kubelet writes the addresses of its clusterDNS setting into every Pod. After a change of the Service range, a reinstalled add-on, or on nodes from another template, that address belongs to nobody, and lookups time out.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/udp-blocked'],
  needs: ['clusterDns'],
  uses: ['client', 'resolvConfs', 'servicesEverywhere', 'nodes'],
  evaluate({ clusterDns: dns, client, resolvConfs = [], servicesEverywhere = [], nodes = [] }) {
    const { service } = dns;
    if (!service || dns.addresses.length === 0) return notApplicable('no Service of a cluster DNS is to be seen');
    if (client && askedDnsOf(client.spec) !== 'cluster')
      return notApplicable('the client does not ask the cluster DNS at all');
    const own = resolvConfs.filter(
      ({ pod }) => !client || client.pods.some(({ metadata }) => metadata.name === pod.name),
    );
    const [conf] = own.length > 0 ? own : resolvConfs;
    const given: readonly string[] = conf ? parseResolvConf(conf.text).nameservers : (dns.kubeletServers?.value ?? []);
    if (given.length === 0) return passed('the nameserver of the Pods is not known');
    const nodeAddresses = nodes.flatMap(({ status }) => status?.addresses ?? []).map(({ address }) => address);
    const right = (address: string) =>
      isClusterDns(address, dns) || (isLinkLocal(address) && dns.nodeLocal !== undefined);
    if (right(given[0] ?? '')) return passed(`Pods ask ${given.join(', ')}, the cluster DNS`);
    if (!conf && dns.domain === undefined && given.some(right)) return passed(`Pods ask ${given.join(', ')}`);
    const [wrong = ''] = given;
    if (isLinkLocal(wrong) || nodeAddresses.includes(wrong))
      return notApplicable(`Pods ask ${wrong}, a server on their node`);
    const holder = servicesAt(servicesEverywhere, wrong)[0];
    const who = holder ? `Service ${holder.metadata.namespace}/${holder.metadata.name}` : 'no Service';
    const seen: Evidence = conf
      ? {
          object: { kind: 'pod', name: conf.pod.name, namespace: conf.pod.namespace },
          path: '/etc/resolv.conf',
          saw: `nameserver ${given.join(', ')}`,
        }
      : evidence(dns.kubeletServers?.object ?? service, dns.kubeletServers?.path ?? 'clusterDNS', given.join(', '));
    const second = given.some(right);
    return problem({
      certainty: 'certain',
      ...(second ? { impact: 'degrades' } : {}),
      summary: `${conf ? 'Pods have' : 'kubelet hands out'} nameserver ${wrong}, which ${who} holds; ${service.metadata.name} is at ${dns.addresses.join(',')}`,
      evidence: allOf([
        seen,
        evidence(service, 'spec.clusterIP', dns.addresses.join(',')),
        ...(conf && dns.kubeletServers
          ? [evidence(dns.kubeletServers.object, dns.kubeletServers.path, dns.kubeletServers.value.join(', '))]
          : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', service.metadata.name, '-n', dns.namespace, '-o', 'jsonpath={.spec.clusterIP}'),
          dns.addresses[0] ?? '',
        ),
        ...(conf
          ? [
              confirm(
                kubectl('exec', '-n', conf.pod.namespace, conf.pod.name, '--', 'cat', '/etc/resolv.conf'),
                `nameserver ${wrong}`,
              ),
            ]
          : []),
      ],
      fix: {
        explain: `Set clusterDNS: [${dns.addresses.join(', ')}] in the kubelet configuration of the nodes (or --cluster-dns), restart kubelet and replace the Pods; or create the DNS Service anew with clusterIP ${wrong}.`,
      },
    });
  },
});
