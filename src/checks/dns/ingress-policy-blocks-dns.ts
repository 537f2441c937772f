import { formatPeerMiss, formatPolicyPort, formatPeer, formatPortMiss, rulesOf } from '../../k8s/network-policy.ts';
import { formatLabels } from '../../k8s/labels.ts';
import { askedDnsOf } from '../../k8s/names.ts';
import { dnsPaths, podFor, serversAsked } from '../../snapshot/dns-policy.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/ingress-policy-blocks-dns',
  title: 'A NetworkPolicy at the cluster DNS turns questions away',
  why: 'A default-deny policy in the namespace of the DNS Pods governs them too. Once it selects them, only clients that some rule admits get an answer.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/udp-blocked'],
  needs: ['client', 'clusterDns', 'dnsPolicies'],
  uses: ['namespaces'],
  evaluate({ client, clusterDns: dns, dnsPolicies, namespaces = [] }) {
    const { service } = dns;
    if (!service) return notApplicable('no Service of a cluster DNS is to be seen');
    const pod = podFor(client);
    if (askedDnsOf(client.spec) === 'node') return notApplicable('the client asks its node’s resolver');
    const paths = dnsPaths('Ingress', pod, dns, serversAsked(dns), dnsPolicies, namespaces);
    const udp = paths.filter(({ protocol }) => protocol === 'UDP');
    const blocked = udp.filter(({ judgement }) => !judgement.allowed);
    const [first] = blocked;
    if (!first) return passed('no policy keeps clients from the DNS Pods');
    const { isolating, misses } = first.judgement;
    const [near] = misses;
    const names = isolating.map(({ metadata }) => metadata.name).join(', ');
    const [policy] = isolating;
    const rule = {
      from: [{ namespaceSelector: {} }],
      ports: [...new Set(paths.map(({ port }) => port))].flatMap((port) => [
        { protocol: 'UDP', port },
        { protocol: 'TCP', port },
      ]),
    };
    const why = near
      ? [...near.peer.slice(0, 1).map(formatPeerMiss), ...(near.port ? [formatPortMiss(near.port)] : [])].join('; ')
      : 'it has no rule';
    return problem({
      certainty: 'certain',
      ...(blocked.length < udp.length ? { impact: 'degrades' } : {}),
      summary: `${names} in ${dns.namespace} turns ${client.namespace}/${client.name.name} away from port ${first.port} of the DNS Pods: ${why}`,
      evidence: allOf([
        ...isolating.map((one) =>
          evidence(
            one,
            'spec.ingress',
            rulesOf(one, 'Ingress')
              .map(
                ({ peers, ports }) =>
                  `from ${peers.map(formatPeer).join(' or ') || 'anywhere'} on ${ports.map(formatPolicyPort).join(', ') || 'any port'}`,
              )
              .join('; ') || 'no rule: nothing may enter',
          ),
        ),
        evidence(first.server, 'metadata.labels', formatLabels(first.server.metadata.labels)),
        evidence(pod, 'metadata.labels', `${formatLabels(pod.metadata.labels)} in namespace ${client.namespace}`),
        evidence(service, 'spec.clusterIP', dns.addresses.join(',')),
      ]),
      confirm: [confirm(kubectl('get', 'networkpolicies', '-n', dns.namespace), names)],
      fix: {
        explain: `Admit UDP and TCP ${first.port} to the DNS Pods from every namespace.`,
        ...(policy
          ? {
              patch: {
                object: policy,
                type: 'json',
                body:
                  rulesOf(policy, 'Ingress').length > 0
                    ? [{ op: 'add', path: '/spec/ingress/-', value: rule }]
                    : [{ op: 'add', path: '/spec/ingress', value: [rule] }],
              },
            }
          : {}),
      },
    });
  },
});
