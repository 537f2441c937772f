import { sidesOf, type EngineVerdict, type PodConnection, type PolicyPod } from './engine-verdict.ts';
import { matchesLabelSelector } from './labels.ts';
import type { Direction, Judgement } from './network-policy.ts';
import type { CustomObject, LabelSelector } from './objects.ts';

interface Pods {
  readonly namespaces?: LabelSelector;
  readonly pods?: { readonly namespaceSelector?: LabelSelector; readonly podSelector?: LabelSelector };
  readonly [other: string]: unknown;
}

interface AdminRule {
  readonly action?: string;
  readonly from?: readonly Pods[];
  readonly to?: readonly Pods[];
  readonly ports?: readonly {
    readonly portNumber?: { readonly protocol?: string; readonly port?: number };
    readonly portRange?: { readonly protocol?: string; readonly start?: number; readonly end?: number };
    readonly namedPort?: string;
  }[];
}

interface AdminSpec {
  readonly priority?: number;
  readonly subject?: Pods;
  readonly ingress?: readonly AdminRule[];
  readonly egress?: readonly AdminRule[];
}

const specOf = ({ spec = {} }: CustomObject): AdminSpec => spec;

/** Whether a subject or peer means a Pod; undefined for networks, nodes and names of domains. */
function means({ namespaces, pods }: Pods, pod: PolicyPod): boolean | undefined {
  if (namespaces) return matchesLabelSelector(pod.namespaceLabels, namespaces);
  if (!pods) return undefined;
  return (
    matchesLabelSelector(pod.namespaceLabels, pods.namespaceSelector) &&
    matchesLabelSelector(pod.labels, pods.podSelector)
  );
}

function portsFit({ ports }: AdminRule, { port, protocol, to }: PodConnection): boolean {
  if (!ports || ports.length === 0) return true;
  return ports.some(({ portNumber, portRange, namedPort }) => {
    if (portNumber) return (portNumber.protocol ?? 'TCP') === protocol && portNumber.port === port;
    if (portRange)
      return (
        (portRange.protocol ?? 'TCP') === protocol && (portRange.start ?? 0) <= port && port <= (portRange.end ?? 0)
      );
    return to.spec.containers.some(({ ports: own = [] }) =>
      own.some(({ name, containerPort }) => name === namedPort && containerPort === port),
    );
  });
}

/**
 * AdminNetworkPolicies go before NetworkPolicies, by priority, and the first rule that matches decides; the baseline speaks only for Pods that no
 * NetworkPolicy isolates. Source: https://network-policy-api.sigs.k8s.io/api-overview/
 */
export function judgeAdmin(
  direction: Direction,
  connection: PodConnection,
  policies: readonly CustomObject[],
  plain: Judgement['because'],
): EngineVerdict {
  const { governed, peer } = sidesOf(direction, connection);
  const field = direction === 'Ingress' ? 'ingress' : 'egress';
  const byKind = (kind: string) => policies.filter((policy) => policy.kind === kind);
  const ordered = [
    ...byKind('AdminNetworkPolicy').toSorted((a, b) => (specOf(a).priority ?? 0) - (specOf(b).priority ?? 0)),
    ...(plain === 'open' ? byKind('BaselineAdminNetworkPolicy') : []),
  ];
  let passed = false;
  for (const policy of ordered) {
    if (passed && policy.kind === 'AdminNetworkPolicy') continue;
    const subject = means(specOf(policy).subject ?? {}, governed);
    if (subject === undefined) return { verdict: 'unjudged' };
    for (const [index, rule] of (subject ? (specOf(policy)[field] ?? []) : []).entries()) {
      // Networks and nodes are nobody's Pod.
      const hit = ((direction === 'Ingress' ? rule.from : rule.to) ?? []).some((each) => means(each, peer) === true);
      if (!hit || !portsFit(rule, connection)) continue;
      if (rule.action === 'Allow') return { verdict: 'open' };
      if (rule.action === 'Deny')
        return {
          verdict: 'denied',
          by: policy,
          field: `spec.${field}[${index}]`,
          because: 'this rule has action Deny',
        };
      passed = true;
      break;
    }
  }
  return { verdict: 'open' };
}
