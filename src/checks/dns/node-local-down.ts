import { formatLabels } from '../../k8s/labels.ts';
import { askedDnsOf, parseResolvConf } from '../../k8s/names.ts';
import { isReady } from '../../k8s/pods.ts';
import { demandedLabelsOf } from '../../k8s/workloads.ts';
import { whyNotReady } from '../../k8s/pod-troubles.ts';
import { isLinkLocal } from '../../k8s/resolv-conf.ts';
import type { NodeLocalDns } from '../../snapshot/cluster-dns.ts';
import {
  allOf,
  confirm,
  defineCheck,
  evidence,
  kubectl,
  notApplicable,
  passed,
  problem,
  restartOf,
} from '../define.ts';

export default defineCheck({
  id: 'dns/node-local-down',
  title: 'Pods ask the DNS cache of their node, and none runs there',
  why: 'With NodeLocal DNSCache, kubelet hands out 169.254.20.10, an address that exists on a node only while the cache runs there. Without it nobody answers, and the cluster DNS is never asked.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/wrong-nameserver', 'dns/udp-blocked'],
  needs: ['clusterDns'],
  uses: ['client', 'resolvConfs', 'nodes'],
  evaluate({ clusterDns: dns, client, resolvConfs = [], nodes }) {
    if (client && askedDnsOf(client.spec) !== 'cluster')
      return notApplicable('the client does not ask the cluster DNS at all');
    const own = resolvConfs.filter(
      ({ pod }) => !client || client.pods.some(({ metadata }) => metadata.name === pod.name),
    );
    const [conf] = own.length > 0 ? own : resolvConfs;
    const given = conf ? parseResolvConf(conf.text).nameservers : (dns.kubeletServers?.value ?? []);
    const { nodeLocal } = dns;
    const linkLocal = given.find((candidate) => isLinkLocal(candidate) && !candidate.startsWith('169.254.169.'));
    const address = linkLocal ?? nodeLocal?.addresses.find((candidate) => dns.addresses.includes(candidate));
    if (address === undefined) return notApplicable('Pods ask no cache on their node');
    const where = [
      ...new Set((client?.pods ?? []).map(({ spec }) => spec.nodeName).filter((name) => name !== undefined)),
    ];
    const caches = nodeLocal?.pods ?? [];
    const serving = (name: string) => caches.some((pod) => pod.spec.nodeName === name && isReady(pod));
    const without = where.filter((name) => !serving(name));
    if (where.length > 0 ? without.length === 0 : caches.some(isReady))
      return passed(`Pods ask ${address}, the DNS cache of their node`);
    const ailing = caches.filter(
      (pod) => !isReady(pod) && (where.length === 0 || where.includes(pod.spec.nodeName ?? '')),
    );
    if (linkLocal === undefined && (ailing.length === 0 || where.length === 0))
      return passed(`where no cache holds ${address}, the DNS Service does`);
    const why = ailing
      .map((pod) => whyNotReady(pod, { nodes, events: dns.events }))
      .find((trouble) => trouble !== undefined);
    const state = !nodeLocal
      ? 'no NodeLocal DNSCache is installed'
      : why
        ? `its node-local-dns Pod is ${why.reason}`
        : `no node-local-dns Pod runs on ${without.join(', ') || 'any node'}`;
    return problem({
      certainty: linkLocal === undefined ? 'likely' : 'certain',
      ...(where.length > 0 && without.length < where.length ? { impact: 'degrades' } : {}),
      summary: `Pods ask nameserver ${address}, but ${state}`,
      evidence: allOf([
        conf
          ? {
              object: { kind: 'pod', name: conf.pod.name, namespace: conf.pod.namespace },
              path: '/etc/resolv.conf',
              saw: `nameserver ${given.join(', ')}`,
            }
          : evidence(
              dns.kubeletServers?.object ?? dns.service ?? client?.object ?? fallback,
              dns.kubeletServers?.path ?? 'clusterDNS',
              given.join(', '),
            ),
        ...(nodeLocal?.daemonSet
          ? [
              evidence(
                nodeLocal.daemonSet,
                'status.numberReady',
                nodeLocal.daemonSet.status?.numberReady ?? caches.filter(isReady).length,
              ),
            ]
          : []),
        ...ailing
          .slice(0, 3)
          .map((pod) =>
            evidence(
              pod,
              'status',
              `${why?.reason ?? 'not ready'} on ${pod.spec.nodeName ?? 'no node'}${why?.message ? `: ${why.message.slice(0, 160)}` : ''}`,
            ),
          ),
        ...(dns.service
          ? [evidence(dns.service, 'spec.clusterIP', `${dns.addresses.join(',')}: the server behind the cache`)]
          : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'pods', '-n', 'kube-system', '-l', labelsOfCache(nodeLocal), '-o', 'wide'),
          nodeLocal ? `no ready Pod on ${without.join(', ') || 'the nodes'}` : 'No resources found',
        ),
      ],
      fix: nodeLocal?.daemonSet
        ? {
            explain: 'Bring the cache back on that node: its log and events say why it does not run.',
            commands: restartOf([nodeLocal.daemonSet]),
          }
        : {
            explain: `Install NodeLocal DNSCache, or set clusterDNS: [${dns.addresses.join(', ') || 'the address of kube-dns'}] for kubelet, restart it and replace the Pods.`,
          },
    });
  },
});

/** The installers label it differently: kubespray says k8s-app=nodelocaldns. */
const labelsOfCache = (nodeLocal: NodeLocalDns | undefined): string =>
  (nodeLocal?.daemonSet && formatLabels(demandedLabelsOf(nodeLocal.daemonSet))) || 'k8s-app=node-local-dns';

const fallback = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'kube-dns', namespace: 'kube-system' } };
