import {
  attemptsOf,
  blockedOf,
  confirmOf,
  evidenceOf,
  fixOf,
  passedDetail,
  strandedThatWouldAdmit,
  summaryOf,
} from '../blocked-by-policy.ts';
import { allOf, defineCheck, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'policy/ingress-blocked',
  title: 'A NetworkPolicy keeps the client out',
  why: 'As soon as one NetworkPolicy with ingress selects a Pod, only what some rule of some policy admits comes in. A rule matches the labels of the client’s Pod and namespace, and the port of the *Pod*, after the Service has translated it. Blocked packets are dropped, so the client sees a timeout.',
  impact: 'breaks',
  explains: [
    'dataplane/packets-dropped',
    'policy/edge-blocked',
    'policy/outside-blocked',
    'policy/other-engine',
    'dataplane/overlay-between-nodes',
    'dataplane/kube-proxy-rules',
    'dataplane/stale-conntrack',
    'dataplane/mtu',
  ],
  needs: ['service', 'slices', 'pods', 'networkPolicies', 'client'],
  uses: ['namespaces', 'workloads', 'clientReferences', 'otherPolicies'],
  evaluate(facts) {
    const attempts = attemptsOf('Ingress', facts);
    if (attempts.length === 0) return notApplicable('there is no endpoint to reach');
    const found = blockedOf(attempts, facts);
    const [first] = found.blocked;
    if (!first) return passed(passedDetail(found, facts, 'Ingress'));
    const stranded = strandedThatWouldAdmit(first, facts.networkPolicies, facts.pods);
    const unsure = first.client.spec.hostNetwork === true || facts.client.pods.length === 0;
    return problem({
      certainty: unsure ? 'likely' : 'certain',
      ...(found.partly ? { impact: 'degrades' } : {}),
      summary: summaryOf(first, facts, stranded),
      evidence: allOf(evidenceOf(first, facts, stranded)),
      confirm: confirmOf(first),
      fix: fixOf(found.blocked, facts, stranded),
    });
  },
});
