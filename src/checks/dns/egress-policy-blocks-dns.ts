import { isInCidr } from '../../k8s/addresses.ts';
import {
  formatPeer,
  formatPeerMiss,
  formatPolicyPort,
  formatPortMiss,
  rulesOf,
  type RuleMiss,
} from '../../k8s/network-policy.ts';
import type { NetworkPolicy } from '../../k8s/objects.ts';
import { askedDnsOf, parseResolvConf } from '../../k8s/names.ts';
import { protocolOf } from '../../k8s/ports.ts';
import { isLinkLocal } from '../../k8s/resolv-conf.ts';
import { formatLabels } from '../../k8s/labels.ts';
import { dnsPaths, podFor, serversAsked, type DnsPath } from '../../snapshot/dns-policy.ts';
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
  uses: ['namespaces', 'resolvConfs'],
  evaluate({ client, clusterDns: dns, networkPolicies, namespaces = [], resolvConfs = [] }) {
    const { service } = dns;
    if (!service) return notApplicable('no Service of a cluster DNS is to be seen');
    const pod = podFor(client);
    if (askedDnsOf(client.spec) === 'node') return notApplicable('the client asks its node’s resolver');
    const conf = resolvConfs.find(({ pod: { name } }) => name === pod.metadata.name);
    const given = conf ? parseResolvConf(conf.text).nameservers : (dns.kubeletServers?.value ?? []);
    if (dns.nodeLocal && given.some(isLinkLocal))
      return notApplicable('the client asks a cache on its node, which policies by label do not govern');
    const servers = serversAsked(dns);
    const paths = dnsPaths('Egress', pod, dns, servers, networkPolicies, namespaces);
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
    const [near] = misses.filter(
      (miss) => miss.peerIndex === undefined || miss.port === undefined || miss.peer.length === 0 || meansDns(miss),
    );
    const tried = near && meansDns(near) ? near : undefined;
    const dnsNamespace = dns.namespace;
    const rule = {
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': dnsNamespace } },
          podSelector: { matchLabels: service.spec.selector ?? {} },
        },
      ],
      ports: [...new Set(paths.map(({ port }) => port))].flatMap((port) => [
        { protocol: 'UDP', port },
        { protocol: 'TCP', port },
      ]),
    };
    const editable = tried?.policy ?? isolating.find(({ metadata }) => /dns/i.test(metadata.name)) ?? isolating.at(-1);
    const index = editable ? rulesOf(editable, 'Egress').length : 0;
    const byServiceAddress = isolating.some((policy) =>
      rulesOf(policy, 'Egress').some(({ peers }) =>
        peers.some(({ ipBlock }) => ipBlock && dns.addresses.some((address) => isInCidr(address, ipBlock.cidr))),
      ),
    );
    const translated = first.port === 53 ? '53' : `53, which is port ${first.port} of the DNS Pods`;
    return problem({
      certainty: byServiceAddress ? 'likely' : 'certain',
      ...(udp.length === 0 ? { impact: 'risks' } : udp.length < udpPaths ? { impact: 'degrades' } : {}),
      summary: tried
        ? `${tried.policy.metadata.name} means to let ${client.name.name} ask the cluster DNS on port ${translated}, but its rule does not: ${reasonOf(tried, first)}`
        : udp.length === 0
          ? `${deniers} ${client.name.name} send UDP, but no TCP to port ${translated} of the cluster DNS: long answers fail`
          : `${deniers} ${client.name.name} send nothing to port ${translated} of the cluster DNS`,
      evidence: allOf([
        ...isolating.map((policy) => evidence(policy, 'spec.egress', allowsOf(policy))),
        ...(tried ? missEvidence(tried, first) : []),
        evidence(
          first.server,
          'metadata.labels',
          `${formatLabels(first.server.metadata.labels)} in namespace ${dnsNamespace}, asked on ${first.port}/${first.protocol}`,
        ),
        evidence(service, 'spec.ports', `53/UDP and 53/TCP at ${dns.addresses.join(',')}, targetPort ${first.port}`),
        evidence(pod, 'metadata.labels', formatLabels(pod.metadata.labels)),
      ]),
      confirm: [confirm(kubectl('get', 'networkpolicies', '-n', client.namespace), names.join(', '))],
      fix: {
        explain: `Let Pods of ${client.namespace} reach the DNS Pods in ${dnsNamespace} over UDP and TCP on port ${[...new Set(paths.map(({ port }) => port))].join(', ')}; a policy of its own for all Pods is usual.`,
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

/** A rule that was written for DNS: its port is 53 or close to it, or its peer is where DNS lives. */
function meansDns(miss: RuleMiss): boolean {
  const rule = rulesOf(miss.policy, 'Egress')[miss.rule];
  const ports = (rule?.ports ?? []).map(({ port }) => String(port ?? ''));
  const names = (rule?.peers ?? []).map(formatPeer).join(' ');
  return (
    ports.some((port) => /^(53|5353|8053|9053|dns.*)$/.test(port)) ||
    /kube-dns|kube-system|coredns|dns-default|openshift-dns/.test(names)
  );
}

/** Entries for the other protocol are no miss where some entry is for this one. */
function reasonOf(miss: RuleMiss, { protocol, port }: DnsPath): string {
  const ports = (rulesOf(miss.policy, 'Egress')[miss.rule]?.ports ?? []).filter(
    (entry) => protocolOf(entry) === protocol,
  );
  const byPort =
    miss.port?.kind === 'protocol' && ports.length > 0
      ? `allows ${ports.map(formatPolicyPort).join(', ')}, the Pod is reached on ${port}`
      : miss.port && formatPortMiss(miss.port);
  return [...miss.peer.slice(0, 1).map(formatPeerMiss), ...(byPort ? [byPort] : [])].join('; ');
}

const missEvidence = (miss: RuleMiss, path: DnsPath): readonly Evidence[] => [
  evidence(miss.policy, `spec.egress[${miss.rule}]`, reasonOf(miss, path)),
];

function allowsOf(policy: NetworkPolicy): string {
  const rules = rulesOf(policy, 'Egress').map(
    ({ peers, ports }) =>
      `to ${peers.map(formatPeer).join(' or ') || 'anywhere'} on ${ports.map((port) => `${port.protocol ?? 'TCP'} ${formatPolicyPort(port)}`).join(', ') || 'any port'}`,
  );
  return rules.length > 0 ? rules.join('; ') : 'no rule: nothing may leave';
}
