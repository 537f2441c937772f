import { destinationsOf } from '../../k8s/destinations.ts';
import { addressEnd, formatPeer, judge, policyEndOf, rulesOf } from '../../k8s/network-policy.ts';
import type { NetworkPolicy } from '../../k8s/objects.ts';
import { oncePer } from '../../k8s/once-per.ts';
import { formatLabelSelector } from '../../k8s/labels.ts';
import { isSidePort, namesOf, notJudged } from '../blocked-by-policy.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'policy/admits-nobody',
  title: 'NetworkPolicies admit nobody on the Service’s ports',
  why: 'A NetworkPolicy that selects a Pod closes it; only rules open it again, for the ports of the Pod that they name. With no rule at all, or rules for other ports only, every client times out.',
  impact: 'breaks',
  explains: ['policy/edge-blocked', 'policy/outside-blocked'],
  needs: ['service', 'slices', 'pods', 'networkPolicies'],
  uses: ['client', 'otherPolicies'],
  evaluate({ service, slices, pods, networkPolicies, client, otherPolicies }) {
    if (client) return notApplicable('a client was named: what it may do is judged instead');
    const all = destinationsOf(service, slices, pods);
    const main = all.filter(({ servicePort }) => !isSidePort(servicePort));
    const judged = (main.length > 0 ? main : all).flatMap((destination) =>
      destination.pod
        ? [
            {
              destination,
              judgement: judge(
                'Ingress',
                {
                  from: addressEnd('203.0.113.7'),
                  to: policyEndOf(destination.pod),
                  port: destination.port,
                  protocol: destination.protocol,
                },
                openToAll(networkPolicies),
              ),
            },
          ]
        : [],
    );
    if (judged.length === 0) return notApplicable('there is no Pod to admit anybody to');
    const closed = judged.filter(({ judgement }) => !judgement.allowed);
    const [first] = closed;
    if (!first || closed.length < judged.length)
      return passed(
        `${whoIsAdmitted(
          judged.flatMap(({ judgement }) => judgement.isolating),
          networkPolicies,
        )}${notJudged(otherPolicies)}`,
      );
    const { pod, port, protocol, servicePort } = first.destination;
    const isolating = networkPolicies.filter(({ metadata }) =>
      first.judgement.isolating.some(
        (other) => other.metadata.name === metadata.name && other.metadata.namespace === metadata.namespace,
      ),
    );
    const wrongPorts = isolating.flatMap((policy) =>
      rulesOf(policy, 'Ingress').flatMap(({ ports }) => ports.map((each) => each.port)),
    );
    return problem({
      certainty: 'certain',
      summary: `${namesOf(isolating)} closes ${service.metadata.name} to everybody: ${wrongPorts.length > 0 ? `rules open ${[...new Set(wrongPorts)].join(', ')}, and Pods are reached on ${port}/${protocol}` : `no rule admits anyone on ${port}/${protocol}`}`,
      evidence: allOf([
        ...isolating
          .slice(0, 4)
          .map((policy) =>
            evidence(
              policy,
              'spec.ingress',
              `governs ${formatLabelSelector(policy.spec.podSelector ?? {})}; ${rulesOf(policy, 'Ingress').length === 0 ? 'no rule' : JSON.stringify(policy.spec.ingress)}`,
            ),
          ),
        ...(pod ? [evidence(pod, 'metadata.labels', JSON.stringify(pod.metadata.labels ?? {}))] : []),
        evidence(service, 'spec.ports', `${servicePort.port} → Pod port ${port}`),
      ]),
      confirm: [
        confirm(
          kubectl('describe', 'networkpolicy', '-n', service.metadata.namespace ?? ''),
          'no "From" for the port that the Pods are reached on',
        ),
      ],
      fix: {
        explain: `Add a NetworkPolicy that admits the clients of ${service.metadata.name} on ${port}/${protocol}; name the client with --from to see the exact one.`,
        commands: [kubectl('get', 'networkpolicies', '-n', service.metadata.namespace ?? '', '-o', 'yaml')],
      },
    });
  },
});

/** The same policies with every peer taken for a match: what remains is whether anybody at all comes in on a port. */
const openToAll = oncePer((policies: readonly NetworkPolicy[]): readonly NetworkPolicy[] =>
  policies.map((policy) => ({
    ...policy,
    spec: { ...policy.spec, ingress: (policy.spec.ingress ?? []).map((rule) => ({ ...rule, from: [] })) },
  })),
);

function whoIsAdmitted(isolating: readonly NetworkPolicy[], policies: readonly NetworkPolicy[]): string {
  if (isolating.length === 0) return 'no NetworkPolicy governs its Pods: everybody is admitted';
  const names = new Set(isolating.map(({ metadata }) => metadata.name));
  const peers = policies
    .filter(({ metadata }) => names.has(metadata.name))
    .flatMap((policy) =>
      rulesOf(policy, 'Ingress').flatMap((rule) =>
        rule.peers.length === 0 ? ['everybody'] : rule.peers.map(formatPeer),
      ),
    );
  return `admitted are ${[...new Set(peers)].slice(0, 3).join('; ') || 'some'} (${[...names].join(', ')})`;
}
