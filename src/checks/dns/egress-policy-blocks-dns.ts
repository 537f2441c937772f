import { isInCidr } from '../../k8s/addresses.ts';
import {
  formatPeer,
  formatPeerMiss,
  formatPolicyPort,
  formatPortMiss,
  rulesOf,
  type PeerMiss,
  type RuleMiss,
} from '../../k8s/network-policy.ts';
import type { NetworkPolicy } from '../../k8s/objects.ts';
import { askedDnsOf, parseResolvConf } from '../../k8s/names.ts';
import { podIPsOf } from '../../k8s/pods.ts';
import { protocolOf } from '../../k8s/ports.ts';
import { isLinkLocal } from '../../k8s/resolv-conf.ts';
import { formatLabels } from '../../k8s/labels.ts';
import type { ClusterDns } from '../../snapshot/cluster-dns.ts';
import {
  askedAt,
  cachePaths,
  dnsPaths,
  podFor,
  serversAsked,
  type CachePath,
  type DnsPath,
} from '../../snapshot/dns-policy.ts';
import { formatAnswer } from '../../snapshot/lookups.ts';
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
} from '../define.ts';

export default defineCheck({
  id: 'dns/egress-policy-blocks-dns',
  title: 'A NetworkPolicy keeps the client from asking for names',
  why: 'Once a policy with type Egress selects a Pod, only what some rule admits may leave it, and that includes its questions for names. The rule must admit the DNS Pods in their namespace, over UDP and TCP, on the port where they listen: policies see the packet after the Service translation.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/udp-blocked'],
  needs: ['client', 'clusterDns', 'networkPolicies'],
  uses: ['namespaces', 'resolvConfs', 'lookups'],
  evaluate({ client, clusterDns: dns, networkPolicies, namespaces = [], resolvConfs = [], lookups = [] }) {
    const { service } = dns;
    if (!service) return notApplicable('no Service of a cluster DNS is to be seen');
    const pod = podFor(client);
    if (askedDnsOf(client.spec) === 'node') return notApplicable('the client asks its node’s resolver');
    const conf = resolvConfs.find(({ pod: { name } }) => name === pod.metadata.name);
    const given = conf ? parseResolvConf(conf.text).nameservers : (dns.kubeletServers?.value ?? []);
    const asked = askedAt(dns, pod, given);
    if (asked.caches.length === 0 && given.slice(0, 1).some(isLinkLocal))
      return notApplicable('the client asks a cache that is not on the network of its node');
    const toCaches = asked.caches.map((address) => cachePaths(pod, address, networkPolicies, namespaces));
    const toPods = asked.pods ? dnsPaths('Egress', pod, dns, serversAsked(dns), networkPolicies, namespaces) : [];
    // Where nobody tells which address the client is given, one that answers is enough.
    const ways: readonly (readonly Way[])[] = [...toCaches, toPods].filter((way) => way.length > 0);
    const paths = ways.find((way) => way.every(({ judgement }) => judgement.allowed)) ?? ways[0] ?? [];
    const blocked = paths.filter(({ judgement }) => !judgement.allowed);
    const udp = blocked.filter(({ protocol }) => protocol === 'UDP');
    const [first] = udp.length > 0 ? udp : blocked;
    if (!first)
      return passed(
        paths.length > 0 ? `policies let ${client.name.name} ask ${service.metadata.name}` : 'no DNS Pod to ask',
      );
    const udpPaths = paths.filter(({ protocol }) => protocol === 'UDP').length;
    const { isolating, misses } = first.judgement;
    const names = isolating.map(({ metadata }) => metadata.name);
    const deniers = `${names.join(' and ')} ${names.length > 1 ? 'together let' : 'lets'}`;
    const tried = misses.find(meansDns);
    const rule = ruleFor(first, dns, paths);
    const editable = tried?.policy ?? isolating.find(({ metadata }) => /dns/i.test(metadata.name)) ?? isolating.at(-1);
    const index = editable ? rulesOf(editable, 'Egress').length : 0;
    const byServiceAddress = tried !== undefined && serviceAddressIn(tried, dns) !== undefined;
    const lost = lookups.filter(
      ({ from, outcome }) => outcome === 'timeout' && 'pod' in from && from.pod.name === pod.metadata.name,
    );
    const sure = first.server ? !byServiceAddress : conf !== undefined && lost.length > 0;
    const what = first.server ? 'the cluster DNS' : `the DNS cache of its node at ${first.address}`;
    const translated =
      first.server && first.port !== 53 ? `53, which is port ${first.port} of the DNS Pods` : String(first.port);
    return problem({
      certainty: sure ? 'certain' : 'likely',
      ...(udp.length === 0 ? { impact: 'risks' } : udp.length < udpPaths ? { impact: 'degrades' } : {}),
      summary: tried
        ? `${tried.policy.metadata.name} means to let ${client.name.name} ask the cluster DNS on port ${translated}, but its rule does not: ${reasonOf(tried, first, dns)}`
        : udp.length === 0
          ? `${deniers} ${client.name.name} send UDP, but no TCP to port ${translated} of ${what}: long answers fail`
          : `${deniers} ${client.name.name} send nothing to port ${translated} of ${what}`,
      evidence: allOf([
        ...isolating.map((policy) => evidence(policy, 'spec.egress', allowsOf(policy))),
        ...(tried ? [evidence(tried.policy, `spec.egress[${tried.rule}]`, reasonOf(tried, first, dns))] : []),
        ...whereAsked(first, dns, conf),
        ...lost.slice(0, 1).map((lookup) => evidence(pod, `answer for ${lookup.name}`, formatAnswer(lookup))),
        evidence(pod, 'metadata.labels', formatLabels(pod.metadata.labels)),
      ]),
      confirm: [confirm(kubectl('get', 'networkpolicies', '-n', client.namespace), names.join(', '))],
      fix: {
        explain: first.server
          ? `Let Pods of ${client.namespace} reach the DNS Pods in ${dns.namespace} over UDP and TCP on port ${[...new Set(paths.map(({ port }) => port))].join(', ')}; a policy of its own for all Pods is usual.`
          : `Let Pods of ${client.namespace} reach ${first.address} by an ipBlock, over UDP and TCP on port 53, and the DNS Pods in ${dns.namespace} too, for the time when the cache is away.`,
        ...(editable
          ? {
              patch: {
                object: editable,
                type: 'json',
                body:
                  index > 0
                    ? [{ op: 'add', path: '/spec/egress/-', value: rule }]
                    : [{ op: 'add', path: '/spec/egress', value: [rule] }],
              },
            }
          : {}),
      },
    });
  },
});

type Way = DnsPath | CachePath;

function ruleFor(first: Way, dns: ClusterDns, paths: readonly Way[]) {
  const dnsPods = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': dns.namespace } },
    podSelector: { matchLabels: dns.service?.spec.selector ?? {} },
  };
  const cidr = first.server ? '' : `${first.address}/${first.address.includes(':') ? 128 : 32}`;
  return {
    to: first.server ? [dnsPods] : [{ ipBlock: { cidr } }, dnsPods],
    ports: [...new Set(paths.map(({ port }) => port))].flatMap((port) => [
      { protocol: 'UDP', port },
      { protocol: 'TCP', port },
    ]),
  };
}

/** What the client asks, and the fields that say so. */
function whereAsked(first: Way, dns: ClusterDns, conf: ResolvConf | undefined): readonly Evidence[] {
  const { service, nodeLocal, kubeletServers } = dns;
  if (first.server)
    return [
      evidence(
        first.server,
        'metadata.labels',
        `${formatLabels(first.server.metadata.labels)} in namespace ${dns.namespace}, asked on ${first.port}/${first.protocol}`,
      ),
      ...(service
        ? [
            evidence(
              service,
              'spec.ports',
              `53/UDP and 53/TCP at ${dns.addresses.join(',')}, targetPort ${first.port}; policies see the address of the Pod, ${podIPsOf(first.server).join(', ')}`,
            ),
          ]
        : []),
    ];
  const cache = nodeLocal?.daemonSet ?? nodeLocal?.pods[0];
  return [
    ...(conf
      ? [
          {
            object: { kind: 'pod', name: conf.pod.name, namespace: conf.pod.namespace },
            path: '/etc/resolv.conf',
            saw: `nameserver ${parseResolvConf(conf.text).nameservers.join(', ')}`,
          },
        ]
      : kubeletServers
        ? [evidence(kubeletServers.object, kubeletServers.path, kubeletServers.value.join(', '))]
        : []),
    ...(cache
      ? [
          evidence(
            cache,
            'spec.hostNetwork',
            `true: NodeLocal DNSCache holds ${nodeLocal?.addresses.join(', ')} on each node, and only an ipBlock matches that`,
          ),
        ]
      : []),
  ];
}

/** A rule that was written for DNS: its port is 53 or close to it, or its peers are the DNS Pods. */
function meansDns(miss: RuleMiss): boolean {
  const rule = rulesOf(miss.policy, 'Egress')[miss.rule];
  const ports = (rule?.ports ?? []).map(({ port }) => String(port ?? ''));
  const names = (rule?.peers ?? []).map(formatPeer).join(' ');
  return (
    ports.some((port) => /^(53|5353|8053|9053|dns.*)$/.test(port)) ||
    /kube-dns|coredns|dns-default|openshift-dns|node-?local-?dns/.test(names) ||
    (ports.length === 0 && /kube-system/.test(names))
  );
}

/** The address of the DNS Service, where the rule admits that and nothing else of the DNS. */
function serviceAddressIn({ policy, rule }: RuleMiss, { addresses }: ClusterDns): string | undefined {
  const { peers } = rulesOf(policy, 'Egress')[rule] ?? { peers: [] };
  return addresses.find((address) => peers.some(({ ipBlock }) => ipBlock && isInCidr(address, ipBlock.cidr)));
}

/** Entries for the other protocol are no miss where some entry is for this one. */
function reasonOf(miss: RuleMiss, path: Way, dns: ClusterDns): string {
  const { protocol, port } = path;
  const ports = (rulesOf(miss.policy, 'Egress')[miss.rule]?.ports ?? []).filter(
    (entry) => protocolOf(entry) === protocol,
  );
  const byPort =
    miss.port?.kind === 'protocol' && ports.length > 0
      ? `allows ${ports.map(formatPolicyPort).join(', ')}, the Pod is reached on ${port}`
      : miss.port && formatPortMiss(miss.port);
  return [...miss.peer.slice(0, 1).map((peer) => peerReason(peer, miss, path, dns)), ...(byPort ? [byPort] : [])].join(
    '; ',
  );
}

function peerReason(peer: PeerMiss, miss: RuleMiss, path: Way, dns: ClusterDns): string {
  if (!path.server) {
    return peer.kind === 'address'
      ? `the client asks ${path.address}, the NodeLocal DNSCache of its node, and ${formatPeerMiss(peer)}`
      : `the client asks ${path.address}, the NodeLocal DNSCache on the network of its node, which only an ipBlock admits`;
  }
  const address = serviceAddressIn(miss, dns);
  if (peer.kind === 'address' && address !== undefined && peer.except === undefined)
    return `${peer.cidr} holds the clusterIP of ${dns.service?.metadata.name}, and policies see the address of the Pod, ${peer.has.join(', ')}`;
  return peer.kind === 'namespace-label' && peer.has === undefined
    ? `wants namespace label ${peer.wants}, and ${dns.namespace} has no label ${peer.key}`
    : formatPeerMiss(peer);
}

function allowsOf(policy: NetworkPolicy): string {
  const rules = rulesOf(policy, 'Egress').map(
    ({ peers, ports }) =>
      `to ${peers.map(formatPeer).join(' or ') || 'anywhere'} on ${ports.map((port) => `${port.protocol ?? 'TCP'} ${formatPolicyPort(port)}`).join(', ') || 'any port'}`,
  );
  return rules.length > 0 ? rules.join('; ') : 'no rule: nothing may leave';
}
