import { rootNamespace } from './istio.ts';
import { includesLabels } from './labels.ts';
import type { CustomObject, Labels, Pod } from './objects.ts';

/** Who asks, as the proxy of the server sees it. */
export interface Caller {
  /** `none`: the connection is plain text. `unknown`: no client was named. */
  readonly identity: { readonly namespace: string; readonly serviceAccount: string } | 'none' | 'unknown';
  /** The port of the Pod. */
  readonly port: number | undefined;
  /** Whether the proxy reads requests there: methods, paths and hosts mean nothing otherwise. */
  readonly readsRequests: boolean;
}

/** Whether a rule matches: for some parts the objects alone do not tell. */
export type Match = 'yes' | 'no' | 'maybe';

interface Source {
  readonly principals?: readonly string[];
  readonly notPrincipals?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly notNamespaces?: readonly string[];
  readonly serviceAccounts?: readonly string[];
}

interface Operation {
  readonly ports?: readonly string[];
  readonly methods?: readonly string[];
  readonly paths?: readonly string[];
  readonly hosts?: readonly string[];
}

interface Rule {
  readonly from?: readonly { readonly source?: Source }[];
  readonly to?: readonly { readonly operation?: Operation }[];
  readonly when?: readonly { readonly key?: string; readonly values?: readonly string[] }[];
}

interface AuthorizationSpec {
  readonly selector?: { readonly matchLabels?: Labels };
  readonly targetRef?: { readonly kind?: string; readonly name?: string };
  readonly targetRefs?: readonly { readonly kind?: string; readonly name?: string }[];
  readonly action?: string;
  readonly rules?: readonly (Rule | null)[] | null;
}

const specOf = (policy: CustomObject): AuthorizationSpec => policy.spec ?? {};

export const actionOf = (policy: CustomObject): string => specOf(policy).action ?? 'ALLOW';

export const rulesOf = (policy: CustomObject): readonly Rule[] =>
  (specOf(policy).rules ?? []).map((rule) => rule ?? {});

/** The policies in force at a Pod: of its namespace and of the root; those on a waypoint of another kind are left out. */
export const authorizationPoliciesFor = (
  pod: Pod,
  serviceName: string,
  policies: readonly CustomObject[],
): readonly CustomObject[] =>
  policies.filter((policy) => {
    const { selector, targetRef, targetRefs = targetRef ? [targetRef] : [] } = specOf(policy);
    if (policy.metadata.namespace !== pod.metadata.namespace && policy.metadata.namespace !== rootNamespace)
      return false;
    if (targetRefs.length > 0) return targetRefs.some(({ kind, name }) => kind === 'Service' && name === serviceName);
    return includesLabels(pod.metadata.labels, selector?.matchLabels ?? {});
  });

/** `cluster.local/ns/shop/sa/web`: how a policy names a client. */
export const principalOf = ({
  namespace,
  serviceAccount,
}: {
  readonly namespace: string;
  readonly serviceAccount: string;
}): string => `cluster.local/ns/${namespace}/sa/${serviceAccount}`;

/** Whether a rule matches the caller; every part that is there must. */
export const matchOf = (rule: Rule, caller: Caller): Match =>
  all([
    any((rule.from ?? []).map(({ source = {} }) => sourceMatches(source, caller))),
    any((rule.to ?? []).map(({ operation = {} }) => operationMatches(operation, caller))),
    (rule.when ?? []).length > 0 ? 'maybe' : 'yes',
  ]);

const all = (parts: readonly Match[]): Match =>
  parts.includes('no') ? 'no' : parts.includes('maybe') ? 'maybe' : 'yes';

/** An absent list leaves the part open. */
const any = (parts: readonly Match[]): Match =>
  parts.length === 0 || parts.includes('yes') ? 'yes' : parts.includes('maybe') ? 'maybe' : 'no';

function sourceMatches(source: Source, { identity }: Caller): Match {
  const judged = ['principals', 'notPrincipals', 'namespaces', 'notNamespaces', 'serviceAccounts'];
  const others: Match = Object.keys(source).some((key) => !judged.includes(key)) ? 'maybe' : 'yes';
  const { principals, notPrincipals, namespaces, notNamespaces, serviceAccounts } = source;
  if (identity === 'unknown') return all([others, Object.keys(source).length > 0 ? 'maybe' : 'yes']);
  if (identity === 'none') {
    const asks = principals ?? namespaces ?? serviceAccounts;
    return asks ? 'no' : all([others, notPrincipals || notNamespaces ? 'maybe' : 'yes']);
  }
  const { namespace, serviceAccount } = identity;
  const principal = principalOf(identity);
  const within = (values: readonly string[] | undefined, value: string): Match =>
    values === undefined || values.some((pattern) => fits(pattern, value)) ? 'yes' : 'no';
  const outside = (values: readonly string[] | undefined, value: string): Match =>
    values?.some((pattern) => fits(pattern, value)) ? 'no' : 'yes';
  const account = (serviceAccounts ?? []).some(
    (each) => each === `${namespace}/${serviceAccount}` || (!each.includes('/') && each === serviceAccount),
  );
  return all([
    others,
    // Another trust domain than cluster.local cannot be seen here: only what follows it is compared.
    within(principals?.map(afterTrustDomain), afterTrustDomain(principal)),
    outside(notPrincipals?.map(afterTrustDomain), afterTrustDomain(principal)),
    within(namespaces, namespace),
    outside(notNamespaces, namespace),
    serviceAccounts === undefined || account ? 'yes' : 'no',
  ]);
}

const afterTrustDomain = (principal: string): string => principal.replace(/^[^/*]+(?=\/ns\/)/, '');

function operationMatches(operation: Operation, { port, readsRequests }: Caller): Match {
  const { ports, methods, paths, hosts, ...rest } = operation;
  const ofPort: Match =
    ports === undefined ? 'yes' : port === undefined ? 'maybe' : ports.includes(String(port)) ? 'yes' : 'no';
  const ofRequest: Match = [methods, paths, hosts].some((each) => each !== undefined)
    ? readsRequests
      ? 'maybe'
      : 'no'
    : 'yes';
  return all([ofPort, ofRequest, Object.keys(rest).length > 0 ? 'maybe' : 'yes']);
}

/** A value with `*` at its beginning or end, as Istio compares them. */
const fits = (pattern: string, value: string): boolean => {
  if (pattern === '*') return value !== '';
  if (pattern.startsWith('*')) return value.endsWith(pattern.slice(1));
  if (pattern.endsWith('*')) return value.startsWith(pattern.slice(0, -1));
  return pattern === value;
};

/** What the policies say to a caller, and the policy that decides. */
export type Decision =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'refused'; readonly by: readonly CustomObject[]; readonly denied: boolean };

/** DENY before ALLOW; where any ALLOW policy is in force, one of their rules must match. Undecided parts count in favour of the caller. */
export function decide(policies: readonly CustomObject[], caller: Caller): Decision {
  const denying = policies.filter(
    (policy) => actionOf(policy) === 'DENY' && rulesOf(policy).some((rule) => matchOf(rule, caller) === 'yes'),
  );
  if (denying.length > 0) return { kind: 'refused', by: denying, denied: true };
  const allowing = policies.filter((policy) => actionOf(policy) === 'ALLOW');
  const open = allowing.some((policy) => rulesOf(policy).some((rule) => matchOf(rule, caller) !== 'no'));
  return allowing.length === 0 || open ? { kind: 'allowed' } : { kind: 'refused', by: allowing, denied: false };
}
