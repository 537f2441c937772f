import type { AnyCheck, Outcome, Problem } from '../checks/define.ts';
import { resourceNamed } from '../k8s/resources.ts';
import type { Service } from '../k8s/objects.ts';
import type { ClusterView } from '../snapshot/cluster-view.ts';
import { factSources, findClient, type FactName, type Facts, type Scope } from '../snapshot/facts.ts';
import { missingOf, type Unmet } from './missing.ts';
import type { CheckResult, Missing } from './report.ts';

/** A check that found something, with the result that the report lists. */
export interface Ran {
  readonly check: AnyCheck;
  readonly result: CheckResult;
  readonly problem?: Problem;
}

type Availability =
  | { readonly state: 'known' | 'partial' }
  | {
      readonly state: 'blind';
      readonly detail: string;
      readonly missing: readonly Missing[];
      /** Why it does not matter for this Service. */
      readonly immaterial?: string;
    }
  | { readonly state: 'not-asked'; readonly detail: string }
  | { readonly state: 'pointless'; readonly detail: string };

/** Runs every check on one target. A check that lacks a fact is skipped, and the result says what was missing. */
export function runChecks(view: ClusterView, scope: Scope, catalogue: readonly AnyCheck[]): readonly Ran[] {
  const known = new Map<FactName, Availability>();
  const values = new Map<FactName, unknown>();
  const availabilityOf = (name: FactName): Availability => {
    let found = known.get(name);
    if (!found) known.set(name, (found = availability(view, scope, name)));
    return found;
  };
  const valueOf = (name: FactName): unknown => {
    if (!values.has(name)) values.set(name, factSources[name].from(view, scope));
    return values.get(name);
  };

  // Of ten thousand Services most are told the same by the same check.
  const last = view.once('results', () => new Map<string, CheckResult>());
  const alike = (result: CheckResult): CheckResult => {
    const before = last.get(result.id);
    if (before && before.detail === result.detail && before.outcome === result.outcome && !result.missing)
      return before;
    last.set(result.id, result);
    return result;
  };

  return catalogue.map((check): Ran => {
    const needs = check.needs.map((name) => ({ name, availability: availabilityOf(name) }));
    const pointless = needs.map(({ availability }) => availability).find(({ state }) => state === 'pointless');
    if (pointless?.state === 'pointless')
      return { check, result: alike({ id: check.id, outcome: 'not-applicable', detail: pointless.detail }) };
    const obstacle = obstacleAmong(needs.map(({ availability }) => availability));
    // What is not seen may not matter: whether the Service is headless decides before anybody asks for kube-proxy.
    if (
      obstacle &&
      (obstacle.because !== 'blind' || !needs.every(({ name, availability }) => isSealable(name, availability)))
    )
      return { check, result: alike({ id: check.id, ...obstacle }) };
    try {
      const facts: Record<string, unknown> = {};
      for (const { name, availability } of needs) facts[name] = isThere(availability) ? valueOf(name) : sealed();
      for (const name of check.uses ?? []) if (isThere(availabilityOf(name))) facts[name] = valueOf(name);
      const outcome: Outcome = check.evaluate(facts as Pick<Facts, FactName> as never);
      if (outcome.outcome !== 'problem') return { check, result: alike({ id: check.id, ...outcome }) };
      const partial = needs.some(({ availability }) => availability.state === 'partial');
      const problem: Problem =
        partial && outcome.certainty === 'certain' ? { ...outcome, certainty: 'likely' } : outcome;
      return { check, problem, result: { id: check.id, outcome: 'problem', detail: problem.summary } };
    } catch (error) {
      if (error instanceof SealBroken && obstacle) return { check, result: alike({ id: check.id, ...obstacle }) };
      const detail = `this check failed, which is a bug in svcdoctor: ${error instanceof Error ? error.message : String(error)}`;
      return { check, result: { id: check.id, outcome: 'skipped', detail, because: 'crashed' } };
    }
  });
}

const isThere = ({ state }: Availability): boolean => state === 'known' || state === 'partial';

/** Somebody looked at a fact that could not be collected. */
class SealBroken extends Error {}

/** Stands for a fact that could not be collected: whoever looks at it learns nothing but that. */
function sealed(): unknown {
  const broken = (): never => {
    throw new SealBroken();
  };
  return new Proxy([], { get: broken, has: broken, ownKeys: broken, getOwnPropertyDescriptor: broken });
}

type Optional = { [Name in FactName]: undefined extends Facts[Name] ? Name : never }[FactName];

/** Of these already the question whether there is one would be answered wrongly by something that stands for it. */
const optional = {
  serverVersion: true,
  legacyEndpoints: true,
  dnsClusterRole: true,
  meshConfig: true,
} as const satisfies Record<Optional, true>;

const isSealable = (name: FactName, availability: Availability): boolean =>
  isThere(availability) || (availability.state === 'blind' && !Object.hasOwn(optional, name));

/**
 * What keeps a check from running, in words. A probe that was not made comes before a permission that would not help without it, and what does not
 * matter for this Service counts only where nothing else is missing.
 */
function obstacleAmong(needs: readonly Availability[]): Omit<CheckResult, 'id'> | undefined {
  const notAsked = needs.find((need) => need.state === 'not-asked');
  if (notAsked?.state === 'not-asked') return { outcome: 'skipped', because: 'not-asked', detail: notAsked.detail };
  const blind = needs.filter((need) => need.state === 'blind');
  const material = blind.filter(({ immaterial }) => immaterial === undefined);
  const told = material.length > 0 ? material : blind;
  if (told.length === 0) return undefined;
  const words = told.map(({ detail, immaterial }) => (immaterial === undefined ? detail : `${detail}; ${immaterial}`));
  return {
    outcome: 'skipped',
    because: material.length > 0 ? 'blind' : 'immaterial',
    detail: [...new Set(words)].join('; '),
    missing: told.flatMap(({ missing }) => missing),
  };
}

function availability(view: ClusterView, scope: Scope, name: FactName): Availability {
  const source = factSources[name];
  if (name === 'client' || /^client[A-Z]/.test(name)) {
    if (!scope.client) return { state: 'pointless', detail: 'no client was named: --from says who calls' };
  }
  const sights = source.needs(view, scope).map((need) => view.sight(need));
  const missing = sights.filter((sight) => 'need' in sight);
  if (missing.length > 0) {
    const immaterial = source.immaterial?.(view, scope);
    return {
      state: 'blind',
      detail: [
        ...new Set(
          missing.map((sight) => (sight.state === 'forbidden' ? `may not ${formatUnmet(sight)}` : sight.detail)),
        ),
      ].join('; '),
      missing: missing.flatMap(missingOf),
      ...(immaterial === undefined ? {} : { immaterial }),
    };
  }
  if ((name === 'client' || /^client[A-Z]/.test(name)) && scope.client && !findClient(view, scope.client)) {
    const { namespace, kind, name: client } = scope.client;
    return { state: 'blind', detail: `the client ${namespace}/${kind}/${client} was not found`, missing: [] };
  }
  if (name === 'service' && !view.object<Service>('services', scope.target.namespace, scope.target.name)) {
    return { state: 'pointless', detail: 'the Service does not exist' };
  }
  if (source.observation && view.observations(source.observation).length === 0) {
    return { state: 'not-asked', detail: notAskedWords[source.observation] };
  }
  return { state: sights.some(({ state }) => state === 'partial') ? 'partial' : 'known' };
}

const notAskedWords = {
  Listeners: 'not probed: nobody looked at which ports the Pods listen on',
  Connect: 'not probed: no connection was tried',
  Lookup: 'not probed: the cluster DNS was not asked',
  ResolvConf: 'not probed: the client’s resolv.conf was not read',
  Log: 'not probed: no log was read',
  HttpGet: 'not probed: no HTTP request was made',
  GrpcHealth: 'not probed: no gRPC health check was made',
  Exec: 'not probed: nothing was run in a Pod',
} as const;

/** `list pods in demo`. */
function formatUnmet({ need, verb }: Unmet): string {
  const { group, resource, namespaced } = resourceNamed(need.resource);
  const where = !namespaced
    ? ''
    : need.namespaces === 'all'
      ? ' in all namespaces'
      : ` in ${need.namespaces.join(', ')}`;
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}${where}`;
}
