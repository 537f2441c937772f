import { calicoSelector } from './calico-selector.ts';
import { sidesOf, type EngineVerdict, type PodConnection, type PolicyPod } from './engine-verdict.ts';
import type { Direction, Judgement } from './network-policy.ts';
import type { CustomObject, Labels } from './objects.ts';

interface CalicoEntity {
  readonly selector?: string;
  readonly namespaceSelector?: string;
  readonly ports?: readonly (number | string)[];
  readonly [other: string]: unknown;
}

interface CalicoRule {
  readonly action?: string;
  readonly protocol?: string | number;
  readonly source?: CalicoEntity;
  readonly destination?: CalicoEntity;
  readonly [other: string]: unknown;
}

interface CalicoSpec {
  readonly selector?: string;
  readonly namespaceSelector?: string;
  readonly types?: readonly Direction[];
  readonly tier?: string;
  readonly order?: number;
  readonly ingress?: readonly CalicoRule[] | null;
  readonly egress?: readonly CalicoRule[] | null;
  readonly [other: string]: unknown;
}

const specOf = ({ spec = {} }: CustomObject): CalicoSpec => spec;

/** A Pod's labels as Calico sees them: its namespace among them. */
const labelsOf = ({ labels, namespace }: PolicyPod): Labels => ({
  ...labels,
  'projectcalico.org/namespace': namespace,
  'projectcalico.org/orchestrator': 'k8s',
});

const typesOf = ({ types, ingress, egress }: CalicoSpec): readonly Direction[] =>
  types ?? [...(ingress ? (['Ingress'] as const) : []), ...(egress ? (['Egress'] as const) : [])];

/** NetworkPolicies stand among Calico's with this order. Source: libcalico-go/lib/backend/k8s/conversion. */
const orderOfKubernetes = 1000;
const judgedFields = [
  'selector',
  'namespaceSelector',
  'types',
  'tier',
  'order',
  'ingress',
  'egress',
  'performanceHints',
];

/** Whether a policy governs a Pod; undefined where it cannot be read. */
function governs({ metadata, spec = {} }: CustomObject, pod: PolicyPod): boolean | undefined {
  const { selector = 'all()', namespaceSelector, tier, ...rest }: CalicoSpec = spec;
  if (tier !== undefined && tier !== 'default') return undefined;
  if (Object.keys(rest).some((key) => !judgedFields.includes(key))) return undefined;
  if (metadata.namespace !== undefined && metadata.namespace !== pod.namespace) return false;
  const own = calicoSelector(selector);
  const space = namespaceSelector === undefined ? () => true : calicoSelector(namespaceSelector);
  return own && space && own(labelsOf(pod)) && space(spaceOf(pod));
}

const spaceOf = ({ namespace, namespaceLabels }: PolicyPod): Labels => ({
  ...namespaceLabels,
  'projectcalico.org/name': namespace,
});

/** Whether one end of a rule fits a Pod. Of a namespaced policy a selector alone means Pods of its own namespace. */
function fits(entity: CalicoEntity = {}, pod: PolicyPod, home: string | undefined): boolean | undefined {
  const { selector, namespaceSelector, ports: _ports, ...rest } = entity;
  if (Object.keys(rest).length > 0) return undefined;
  const own = calicoSelector(selector ?? 'all()');
  const space = namespaceSelector === undefined ? undefined : calicoSelector(namespaceSelector);
  if (!own || (namespaceSelector !== undefined && !space)) return undefined;
  if (space ? !space(spaceOf(pod)) : selector !== undefined && home !== undefined && pod.namespace !== home)
    return false;
  return own(labelsOf(pod));
}

function portsFit({ ports }: CalicoEntity = {}, { port, to }: PodConnection): boolean {
  if (!ports || ports.length === 0) return true;
  return ports.some((each) => {
    const [first, last] = String(each).split(':').map(Number);
    if (first !== undefined && !Number.isNaN(first)) return first <= port && port <= (last ?? first);
    return to.spec.containers.some(({ ports: own = [] }) =>
      own.some(({ name, containerPort }) => name === each && containerPort === port),
    );
  });
}

function ruleMatches(rule: CalicoRule, connection: PodConnection, home: string | undefined): boolean | undefined {
  const { action: _action, protocol, source, destination, metadata: _metadata, ...rest } = rule;
  if (Object.keys(rest).length > 0 || (source?.ports?.length ?? 0) > 0) return undefined;
  if (protocol !== undefined && String(protocol).toUpperCase() !== connection.protocol) return false;
  const ends = [fits(source, connection.from, home), fits(destination, connection.to, home)];
  if (ends.includes(undefined)) return undefined;
  return ends.every(Boolean) && portsFit(destination, connection);
}

/**
 * Calico's policies of the default tier, in their order: the first rule that matches decides, and what no rule of any policy that governs the
 * Pod matches is denied. Source: https://docs.tigera.io/calico/latest/reference/resources/globalnetworkpolicy
 */
export function judgeCalico(
  direction: Direction,
  connection: PodConnection,
  policies: readonly CustomObject[],
  plain: Judgement['because'],
): EngineVerdict {
  const { governed } = sidesOf(direction, connection);
  const selecting: CustomObject[] = [];
  for (const policy of policies) {
    const found = governs(policy, governed);
    if (found === undefined) return { verdict: 'unjudged' };
    if (found && typesOf(specOf(policy)).includes(direction)) selecting.push(policy);
  }
  const orderOf = (policy: CustomObject) => specOf(policy).order ?? Number.POSITIVE_INFINITY;
  const field = direction === 'Ingress' ? 'ingress' : 'egress';
  for (const policy of selecting.toSorted((a, b) => orderOf(a) - orderOf(b))) {
    if (plain === 'admitted' && orderOf(policy) > orderOfKubernetes) return { verdict: 'open' };
    for (const [index, rule] of (specOf(policy)[field] ?? []).entries()) {
      const hit = ruleMatches(rule, connection, policy.metadata.namespace);
      if (hit === undefined) return { verdict: 'unjudged' };
      if (!hit || rule.action === 'Log') continue;
      if (rule.action === 'Allow') return { verdict: 'open' };
      if (rule.action !== 'Deny') return { verdict: 'unjudged' };
      return { verdict: 'denied', by: policy, field: `spec.${field}[${index}]`, because: 'this rule has action Deny' };
    }
  }
  const [last] = selecting;
  if (!last || plain === 'admitted') return { verdict: 'open' };
  return {
    verdict: 'denied',
    by: last,
    field: `spec.${specOf(last)[field] ? field : 'types'}`,
    because: `none of its ${field} rules admits it`,
  };
}
