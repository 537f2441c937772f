import { judgeEngines, nameOfPolicy } from '../../k8s/engine-policies.ts';
import { formatRef, refArgs, refTo } from '../../k8s/references.ts';
import { connected } from '../../snapshot/tried-paths.ts';
import { attemptsOf, blockedOf, type PolicyFacts } from '../blocked-by-policy.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'policy/engine-denies',
  title: 'A policy of Cilium, Calico or an administrator denies the connection',
  why: 'Besides NetworkPolicies, the engines have policies of their own: a CiliumNetworkPolicy that selects a Pod closes it but for its rules, a GlobalNetworkPolicy of Calico without rules denies everything, an AdminNetworkPolicy goes before all others. What they deny is dropped, and the client sees a timeout. Only their common forms are judged here.',
  impact: 'breaks',
  explains: [
    'dataplane/packets-dropped',
    'policy/other-engine',
    'dataplane/overlay-between-nodes',
    'dataplane/kube-proxy-rules',
    'dataplane/stale-conntrack',
    'dataplane/mtu',
  ],
  needs: ['service', 'slices', 'pods', 'networkPolicies', 'client'],
  uses: ['otherPolicies', 'namespaces', 'clientReferences', 'triedPaths'],
  evaluate(facts) {
    const { otherPolicies = [], triedPaths = [], service } = facts;
    if (otherPolicies.length === 0) return notApplicable('there are no policies of Cilium, Calico or an administrator');
    if (triedPaths.some((path) => path.to === 'endpoint' && !path.toItself && connected(path)))
      return passed('the Pods answer where they were tried');
    const denied = deniedOf(facts);
    const [first] = denied;
    if (!first) return passed('none of those policies that are understood here denies the connection');
    const { by, field, because, attempt, direction } = first;
    const { client, destination } = attempt;
    const what = nameOfPolicy(by);
    const way =
      direction === 'Ingress'
        ? `${client.metadata.name} of ${client.metadata.namespace} to ${service.metadata.name} on ${destination.port}/${destination.protocol}`
        : `${client.metadata.name} of ${client.metadata.namespace} from leaving for ${service.metadata.name} on ${destination.port}/${destination.protocol}`;
    return problem({
      certainty: 'likely',
      ...(first.partly ? { impact: 'degrades' as const } : {}),
      summary: `${what} ${direction === 'Ingress' ? 'does not admit' : 'keeps'} ${way}: ${because}`,
      evidence: allOf([
        evidence(by, field, JSON.stringify(by.spec ?? {}).slice(0, 240)),
        evidence(
          client,
          'metadata.labels',
          `${labelsIn(client.metadata.labels)}, in namespace ${client.metadata.namespace}`,
        ),
        ...(destination.pod
          ? [evidence(destination.pod, 'metadata.labels', labelsIn(destination.pod.metadata.labels))]
          : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', ...refArgs(refTo(by)), '-o', 'yaml'),
          `${direction.toLowerCase()} rules, none of which lets the client through`,
        ),
      ],
      fix: {
        explain: `Add a rule to ${formatRef(refTo(by))} that admits ${direction === 'Ingress' ? `the client’s labels and namespace ${client.metadata.namespace}` : `the Pods of ${service.metadata.name} in ${service.metadata.namespace}`} on port ${destination.port}, the Pod’s own, or narrow what it selects.`,
      },
    });
  },
});

const labelsIn = (labels: Readonly<Record<string, string>> = {}): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ') || 'none';

/** The connections that a policy denies, where none of the ports that count is open to the client's Pods, or only some endpoints are. */
function deniedOf(facts: PolicyFacts) {
  const { otherPolicies = [] } = facts;
  return (['Egress', 'Ingress'] as const).flatMap((direction) => {
    const { tried } = blockedOf(attemptsOf(direction, facts), facts);
    const judged = tried.map((attempt) => ({
      attempt,
      direction,
      verdict: judgeEngines(attempt.connection, otherPolicies, attempt.judgement),
    }));
    if (judged.some(({ verdict }) => verdict.verdict === 'unjudged')) return [];
    const denied = judged.flatMap(({ attempt, verdict }) =>
      verdict.verdict === 'denied' ? [{ attempt, direction, ...verdict }] : [],
    );
    return denied.map((each) => ({ ...each, partly: denied.length < judged.length }));
  });
}
