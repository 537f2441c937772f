import { formatPeer } from '../../k8s/network-policy.ts';
import { attemptsOf, clientPodsOf } from '../blocked-by-policy.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'policy/ip-block-for-pods',
  title: 'Only an ipBlock admits the Pod, and Cilium ignores it for Pods',
  why: 'An ipBlock is meant for addresses outside the cluster. Cilium takes that literally: Pods have an identity, and only selectors match it, whatever their address. With other plugins the same rule works.',
  impact: 'breaks',
  needs: ['service', 'slices', 'pods', 'networkPolicies', 'client', 'networkAgents'],
  uses: ['namespaces'],
  evaluate(facts) {
    const cilium = facts.networkAgents.daemonSets.find(({ metadata }) => /^cilium(-agent)?$/.test(metadata.name));
    if (!cilium) return notApplicable('the network plugin is not Cilium');
    const attempts = [...attemptsOf('Egress', facts), ...attemptsOf('Ingress', facts)];
    const byBlock = attempts.filter(
      ({ judgement, client, destination }) =>
        judgement.because === 'admitted' &&
        judgement.admissions.every(({ peer }) => peer?.ipBlock !== undefined) &&
        destination.pod !== undefined &&
        !client.spec.hostNetwork &&
        !destination.pod.spec.hostNetwork,
    );
    const [first] = byBlock;
    const [admission] = first?.judgement.admissions ?? [];
    if (!first || !admission?.peer) return passed('what is admitted is admitted by labels');
    const egress = first.judgement.direction === 'Egress';
    const [client] = clientPodsOf(facts);
    const { policy, peer, rule } = admission;
    const path = `${egress ? 'egress' : 'ingress'}[${rule}].${egress ? 'to' : 'from'}`;
    return problem({
      certainty: 'likely',
      summary: `${policy.metadata.name} lets ${egress ? `${facts.client.object.metadata.name} out to ${facts.service.metadata.name}` : `${facts.client.object.metadata.name} in`} by ${formatPeer(peer)} alone, which Cilium does not apply to Pods`,
      evidence: allOf([
        evidence(policy, `spec.${path}`, formatPeer(peer)),
        evidence(cilium, 'metadata.name', 'Cilium: ipBlock matches only what is outside the cluster'),
        ...(client ? [evidence(client, 'metadata.labels', JSON.stringify(client.metadata.labels ?? {}))] : []),
      ]),
      confirm: [
        confirm(
          kubectl('describe', 'networkpolicy', policy.metadata.name, '-n', policy.metadata.namespace ?? ''),
          `IPBlock with ${peer.ipBlock?.cidr}, and no PodSelector`,
        ),
      ],
      fix: {
        explain: 'Name the Pods by podSelector and namespaceSelector instead of by address.',
        patch: {
          object: policy,
          type: 'json',
          body: [
            {
              op: 'add',
              path: `/spec/${egress ? 'egress' : 'ingress'}/${rule}/${egress ? 'to' : 'from'}/-`,
              value: {
                namespaceSelector: {
                  matchLabels: {
                    'kubernetes.io/metadata.name': egress
                      ? (facts.service.metadata.namespace ?? '')
                      : facts.client.namespace,
                  },
                },
              },
            },
          ],
        },
      },
    });
  },
});
