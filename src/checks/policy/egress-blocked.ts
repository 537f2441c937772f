import { isAboutSomethingElse, judge, policyEndOf } from '../../k8s/network-policy.ts';
import { destinationsOf } from '../../k8s/destinations.ts';
import type { ClusterDns } from '../../snapshot/cluster-dns.ts';
import {
  attemptsOf,
  blockedOf,
  clientPodsOf,
  confirmOf,
  evidenceOf,
  evidenceOfMiss,
  fixOf,
  passedDetail,
  strandedThatWouldAdmit,
  summaryOf,
  type PolicyFacts,
} from '../blocked-by-policy.ts';
import { allOf, defineCheck, evidence, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'policy/egress-blocked',
  title: 'A NetworkPolicy stops the client’s outgoing traffic',
  why: 'As soon as one NetworkPolicy with egress selects a Pod, it may open only the connections that some rule allows. Rules match the destination Pod and its own port: the Service’s address and port are translated before. Blocked packets are dropped, so the client sees a timeout.',
  impact: 'breaks',
  explains: [
    'dataplane/packets-dropped',
    'dns/egress-policy-blocks-dns',
    'policy/other-engine',
    'dataplane/overlay-between-nodes',
    'dataplane/kube-proxy-rules',
    'dataplane/stale-conntrack',
    'dataplane/mtu',
  ],
  needs: ['service', 'slices', 'pods', 'networkPolicies', 'client'],
  uses: ['namespaces', 'workloads', 'clientReferences', 'otherPolicies', 'clusterDns'],
  evaluate(facts) {
    const attempts = attemptsOf('Egress', facts);
    if (attempts.length === 0) return notApplicable('there is no endpoint to reach');
    const found = blockedOf(attempts, facts);
    const [first] = found.blocked;
    if (!first) return passed(passedDetail(found, facts, 'Egress'));
    const stranded = strandedThatWouldAdmit(first, facts.networkPolicies, [...facts.pods, ...clientPodsOf(facts)]);
    const dns = dnsShutOff(facts, facts.clusterDns);
    return problem({
      certainty: facts.client.pods.length > 0 ? 'certain' : 'likely',
      ...(found.partly && !dns ? { impact: 'degrades' } : {}),
      summary: summaryOf(first, facts, stranded),
      evidence: allOf([...evidenceOf(first, facts, stranded), ...(dns?.evidence ?? [])]),
      confirm: confirmOf(first),
      fix: fixOf(found.blocked, facts, stranded, dns ? [dns.rule] : []),
    });
  },
});

/** Whether the same client can reach no DNS Pod either: what shows it, and the rule that would let it. */
function dnsShutOff(facts: PolicyFacts, dns: ClusterDns | undefined) {
  const { service } = dns ?? {};
  const [client] = clientPodsOf(facts);
  if (!dns || !service || !client) return undefined;
  const from = policyEndOf(client, facts.namespaces);
  const tried = destinationsOf(service, dns.slices, dns.pods)
    .filter(({ servicePort }) => servicePort.port === 53)
    .flatMap(({ pod, port, protocol, address }) => {
      const to = pod && policyEndOf(pod, facts.namespaces, address);
      return to
        ? [{ port, protocol, judgement: judge('Egress', { from, to, port, protocol }, facts.networkPolicies) }]
        : [];
    });
  const [first] = tried;
  if (!first || tried.some(({ judgement }) => judgement.allowed)) return undefined;
  const attempt = first.judgement.misses.find((miss) => !isAboutSomethingElse(miss));
  const { name, namespace = '' } = service.metadata;
  return {
    evidence: [
      evidence(
        service,
        'spec.ports',
        `53/UDP to ${namespace}/${name} is shut off as well: names do not resolve either`,
      ),
      ...(attempt ? evidenceOfMiss(attempt) : []),
    ],
    rule: {
      peers: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          podSelector: { matchLabels: service.spec.selector ?? {} },
        },
      ],
      ports: [...new Set(tried.map(({ port, protocol }) => `${port}/${protocol}`))].map((text) => ({
        protocol: text.endsWith('UDP') ? ('UDP' as const) : ('TCP' as const),
        port: Number.parseInt(text, 10),
      })),
    },
  };
}
