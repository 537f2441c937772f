import { sidesOf, type EngineVerdict, type PodConnection, type PolicyPod } from './engine-verdict.ts';
import { matchesLabelSelector } from './labels.ts';
import type { Direction } from './network-policy.ts';
import type { CustomObject, Labels, LabelSelector } from './objects.ts';

interface CiliumRule {
  readonly toPorts?: readonly { readonly ports?: readonly CiliumPort[] }[] | null;
  readonly [peers: string]: unknown;
}

interface CiliumPort {
  readonly port?: string | number;
  readonly endPort?: number;
  readonly protocol?: string;
}

interface CiliumSpec {
  readonly endpointSelector?: LabelSelector;
  readonly enableDefaultDeny?: { readonly ingress?: boolean; readonly egress?: boolean };
  readonly ingress?: readonly CiliumRule[] | null;
  readonly ingressDeny?: readonly CiliumRule[] | null;
  readonly egress?: readonly CiliumRule[] | null;
  readonly egressDeny?: readonly CiliumRule[] | null;
}

const namespaceKey = 'io.kubernetes.pod.namespace';
const ofNamespace = 'io.cilium.k8s.namespace.labels.';

/** A Pod's labels as Cilium sees them: those of its namespace and its name among them. */
const identityOf = ({ labels, namespace, namespaceLabels }: PolicyPod): Labels => ({
  ...labels,
  [namespaceKey]: namespace,
  ...Object.fromEntries(Object.entries(namespaceLabels).map(([key, value]) => [`${ofNamespace}${key}`, value])),
});

/** Sources before a label, `k8s:app` and `any:app`, mean the same here; reserved ones and accounts are not judged. */
function plainSelector(selector: LabelSelector): LabelSelector | undefined {
  const plain = (key: string) => key.replace(/^(k8s|any):/, '');
  const keys = [
    ...Object.keys(selector.matchLabels ?? {}),
    ...(selector.matchExpressions ?? []).map(({ key }) => key),
  ].map(plain);
  if (keys.some((key) => key.startsWith('reserved') || key.startsWith('io.cilium.k8s.policy.'))) return undefined;
  return {
    matchLabels: Object.fromEntries(
      Object.entries(selector.matchLabels ?? {}).map(([key, value]) => [plain(key), value]),
    ),
    matchExpressions: (selector.matchExpressions ?? []).map((each) => ({ ...each, key: plain(each.key) })),
  };
}

const namesNamespace = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean =>
  [...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)].some(
    (key) => key === namespaceKey || key.startsWith(ofNamespace),
  );

/** Whether a selector of a policy picks a Pod; in a namespaced policy it means Pods of its own namespace, unless it names one. */
function picks(selector: LabelSelector, pod: PolicyPod, home: string | undefined): boolean | undefined {
  const plain = plainSelector(selector);
  if (!plain) return undefined;
  if (home !== undefined && !namesNamespace(plain) && pod.namespace !== home) return false;
  return matchesLabelSelector(identityOf(pod), plain);
}

/** What one rule says to a peer and a port; undefined where it uses a form that is not judged. */
function ruleMatches(
  rule: CiliumRule,
  direction: Direction,
  { port, protocol, to }: PodConnection,
  peer: PolicyPod,
  home: string | undefined,
): boolean | undefined {
  const [endpoints, entities] =
    direction === 'Ingress' ? ['fromEndpoints', 'fromEntities'] : ['toEndpoints', 'toEntities'];
  // Addresses never stand for Pods that Cilium manages.
  const known = [
    endpoints,
    entities,
    'toPorts',
    'fromCIDR',
    'toCIDR',
    'fromCIDRSet',
    'toCIDRSet',
    'toFQDNs',
    'icmps',
    'authentication',
  ];
  if (Object.keys(rule).some((key) => !known.includes(key))) return undefined;
  const peers = Object.keys(rule).filter((key) => !['toPorts', 'icmps', 'authentication'].includes(key));
  const selectors = (rule[endpoints] ?? []) as readonly LabelSelector[];
  const named = (rule[entities] ?? []) as readonly string[];
  const answers = selectors.map((selector) => picks(selector, peer, home));
  if (answers.includes(undefined)) return undefined;
  const fits =
    peers.length === 0 || answers.includes(true) || named.some((entity) => entity === 'all' || entity === 'cluster');
  if (!fits) return false;
  const ports = rule.toPorts?.flatMap(({ ports: own }) => own ?? []) ?? [];
  if (rule['icmps'] !== undefined && ports.length === 0) return false;
  if (ports.length === 0) return true;
  return ports.some(
    (each) => ['ANY', protocol].includes((each.protocol ?? 'ANY').toUpperCase()) && portFits(each, port, to),
  );
}

function portFits({ port: written, endPort }: CiliumPort, port: number, { spec }: PolicyPod): boolean {
  const number = Number(written ?? 0);
  if (Number.isNaN(number))
    return spec.containers.some(({ ports = [] }) =>
      ports.some(({ name, containerPort }) => name === written && containerPort === port),
    );
  return number === 0 || number === port || (endPort !== undefined && number <= port && port <= endPort);
}

/**
 * CiliumNetworkPolicies and their clusterwide kin: a Pod that some policy selects in a direction takes only what a rule admits, and nothing
 * that a deny rule names. Source: https://docs.cilium.io/en/stable/security/policy/language/
 */
export function judgeCilium(
  direction: Direction,
  connection: PodConnection,
  policies: readonly CustomObject[],
  admittedByOthers: boolean,
): EngineVerdict {
  const { governed, peer } = sidesOf(direction, connection);
  const [allows, denies] =
    direction === 'Ingress' ? (['ingress', 'ingressDeny'] as const) : (['egress', 'egressDeny'] as const);
  let isolating: { readonly by: CustomObject; readonly field: string } | undefined;
  let admitted = false;
  for (const { policy, spec, field } of policies.flatMap(specsOf)) {
    const home = policy.metadata.namespace;
    if (home !== undefined && home !== governed.namespace) continue;
    if (!spec.endpointSelector) continue; // a policy for nodes
    const selected = picks(spec.endpointSelector, governed, home);
    if (selected === undefined) return { verdict: 'unjudged' };
    if (!selected) continue;
    for (const [index, rule] of (spec[denies] ?? []).entries()) {
      const hit = ruleMatches(rule, direction, connection, peer, home);
      if (hit === undefined) return { verdict: 'unjudged' };
      if (hit)
        return {
          verdict: 'denied',
          by: policy,
          field: `${field}.${denies}[${index}]`,
          because: `its ${denies} names ${peer.name}`,
        };
    }
    const rules = spec[allows];
    const closes =
      spec.enableDefaultDeny?.[direction === 'Ingress' ? 'ingress' : 'egress'] ??
      (rules !== undefined || spec[denies] !== undefined);
    const hits = (rules ?? []).map((rule) => ruleMatches(rule, direction, connection, peer, home));
    if (hits.includes(undefined)) return { verdict: 'unjudged' };
    if (hits.includes(true)) admitted = true;
    if (closes) isolating ??= { by: policy, field: `${field}.${rules === undefined ? denies : allows}` };
  }
  if (!isolating || admitted || admittedByOthers) return { verdict: 'open' };
  return {
    verdict: 'denied',
    ...isolating,
    because: `none of its ${direction === 'Ingress' ? 'ingress' : 'egress'} rules admits it`,
  };
}

/** A policy holds one spec or a list of them. */
function specsOf(
  policy: CustomObject,
): readonly { readonly policy: CustomObject; readonly spec: CiliumSpec; readonly field: string }[] {
  const { spec, specs = [] } = policy as CustomObject & { readonly specs?: readonly CiliumSpec[] };
  return [
    ...(spec ? [{ policy, spec: spec as CiliumSpec, field: 'spec' }] : []),
    ...specs.map((each, index) => ({ policy, spec: each, field: `specs[${index}]` })),
  ];
}
