import type { AnyCheck, Problem } from '../checks/define.ts';
import { oncePer } from '../k8s/once-per.ts';
import { resourceNamed } from '../k8s/resources.ts';
import type { Service } from '../k8s/objects.ts';
import type { ClusterView } from '../snapshot/cluster-view.ts';
import { factSources, findClient, isOfClient, type FactName, type Facts, type Scope } from '../snapshot/facts.ts';
import { missingOf, type Unmet } from './missing.ts';
import type { CheckResult, Missing } from './report.ts';

/** A check that found something, with the result that the report lists. */
export interface Ran {
  readonly check: AnyCheck;
  readonly result: CheckResult;
  readonly problem?: Problem;
}

/** What the report lists of a check. */
type Told = Omit<CheckResult, 'id'>;

type Availability =
  | { readonly state: 'known' | 'partial' }
  | {
      readonly state: 'blind';
      readonly detail: string;
      readonly missing: readonly Missing[];
      /** Why it does not matter for this Service. */
      readonly immaterial?: string;
    }
  | { readonly state: 'not-asked' | 'pointless'; readonly told: Told };

/** Runs every check on one target. A check that lacks a fact is skipped, and the result says what was missing. */
export function runChecks(view: ClusterView, scope: Scope, catalogue: readonly AnyCheck[]): readonly Ran[] {
  const collected = collect(view, scope);
  // Of ten thousand Services most are told the same by the same check, and all by one that looks at the cluster alone.
  const before = view.once('ran', (): RanBefore => ({ catalogue, ran: [] }));
  // Who calls has a say in what a check sees: what others were told does not count then.
  const known = before.catalogue === catalogue && !scope.client ? before.ran : [];
  return preparedOf(catalogue).map((prepared, place) => {
    const last = known[place];
    if (last && prepared.ofCluster) return last;
    const ran = runCheck(prepared, collected);
    if (last && isAlike(ran, last)) return last;
    known[place] = ran;
    return ran;
  });
}

/** What each check of a catalogue said last, in its order. */
interface RanBefore {
  readonly catalogue: readonly AnyCheck[];
  readonly ran: Ran[];
}

const isAlike = ({ result, problem }: Ran, { result: before }: Ran): boolean =>
  !problem && !result.missing && before.detail === result.detail && before.outcome === result.outcome;

function runCheck({ check, needs, openOn }: Prepared, collected: Collected): Ran {
  const tell = (told: Told): Ran => ({ check, result: { id: check.id, ...told } });
  const obstacle = needs.every(collected.isThere) ? undefined : obstacleAmong(needs.map(collected.availabilityOf));
  // What is not seen may not matter: whether the Service is headless decides before anybody asks for kube-proxy.
  if (obstacle && (obstacle.because !== 'blind' || !needs.every((fact) => isSealable(fact, collected))))
    return tell(obstacle);
  try {
    const outcome = check.evaluate(openOn(collected));
    if (outcome.outcome !== 'problem') return tell(outcome);
    const partial = needs.some((fact) => collected.availabilityOf(fact).state === 'partial');
    const problem: Problem = partial && outcome.certainty === 'certain' ? { ...outcome, certainty: 'likely' } : outcome;
    return { check, problem, result: { id: check.id, outcome: 'problem', detail: problem.summary } };
  } catch (error) {
    if (error instanceof SealBroken && obstacle) return tell(obstacle);
    const detail = `this check failed, which is a bug in svcdoctor: ${error instanceof Error ? error.message : String(error)}`;
    return { check, result: { id: check.id, outcome: 'skipped', detail, because: 'crashed' } };
  }
}

/** The place of a fact among all of them: ten thousand Services ask two million times, which names and Maps would be slow for. */
type FactNumber = number;

const factNames = Object.keys(factSources) as readonly FactName[];
const numberOf = new Map(factNames.map((name, number): [FactName, FactNumber] => [name, number]));

/** The facts about one Service, each worked out when somebody asks for it, and once. */
interface Collected {
  readonly availabilityOf: (fact: FactNumber) => Availability;
  readonly isThere: (fact: FactNumber) => boolean;
  /** Undefined where it is not there. */
  readonly valueOf: (fact: FactNumber) => unknown;
}

interface Store {
  readonly availabilities: (Availability | undefined)[];
  readonly values: ({ readonly value: unknown } | undefined)[];
}

const sources = factNames.map((name) => factSources[name]);

const emptyStore = (): Store => ({
  availabilities: factNames.map(() => undefined),
  values: factNames.map(() => undefined),
});

function collect(view: ClusterView, scope: Scope): Collected {
  const own = emptyStore();
  const ofCluster = scope.client ? own : view.once('facts', emptyStore);
  const ofNamespace = scope.client ? own : view.once(`facts of ${scope.target.namespace}`, emptyStore);
  const shared = sources.map(({ of }) => (of === 'cluster' ? ofCluster : of === 'namespace' ? ofNamespace : undefined));
  const availabilityOf = (fact: FactNumber): Availability => {
    const { availabilities } = shared[fact] ?? own;
    return (availabilities[fact] ??= availability(view, scope, factNames[fact] as FactName));
  };
  const there = (fact: FactNumber): boolean => isThere(availabilityOf(fact));
  const valueOf = (fact: FactNumber): unknown => {
    const { values } = shared[fact] ?? own;
    return (values[fact] ??= { value: there(fact) ? sources[fact]?.from(view, scope) : undefined }).value;
  };
  return { availabilityOf, isThere: there, valueOf };
}

interface Prepared {
  readonly check: AnyCheck;
  readonly needs: readonly FactNumber[];
  /** Nothing that it looks at is of one Service, or of one namespace. */
  readonly ofCluster: boolean;
  /** What the check gets to see: the facts it declares and no other, of one Service at a time, until it is opened on the next. */
  readonly openOn: (collected: Collected) => never;
}

const preparedOf = oncePer((catalogue: readonly AnyCheck[]): readonly Prepared[] => catalogue.map(prepare));

function prepare(check: AnyCheck): Prepared {
  const numbered = (names: readonly FactName[]) =>
    names.map((name) => [name, numberOf.get(name) as FactNumber] as const);
  let shown: Collected | undefined;
  const used = numbered(check.uses ?? []).map(([name, fact]) => [name, { get: () => shown?.valueOf(fact) }]);
  const needed = numbered(check.needs).map(([name, fact]) => [
    name,
    { get: () => (shown?.isThere(fact) ? shown.valueOf(fact) : sealed()) },
  ]);
  const window = Object.defineProperties({}, Object.fromEntries([...used, ...needed])) as Pick<Facts, FactName>;
  return {
    check,
    needs: numbered(check.needs).map(([, fact]) => fact),
    ofCluster: [...check.needs, ...(check.uses ?? [])].every(
      (name) => factSources[name].of === 'cluster' || isOfClient(name),
    ),
    openOn: (collected) => {
      shown = collected;
      return window as never;
    },
  };
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

const isSealable = (fact: FactNumber, { availabilityOf }: Collected): boolean =>
  isThere(availabilityOf(fact)) ||
  (availabilityOf(fact).state === 'blind' && !Object.hasOwn(optional, factNames[fact] ?? ''));

/**
 * What keeps a check from running, in words. What can tell nothing about this Service comes first, a probe that was not made before a permission that would
 * not help without it, and what does not matter for this Service counts only where nothing else is missing.
 */
function obstacleAmong(needs: readonly Availability[]): Told | undefined {
  for (const state of ['pointless', 'not-asked'] as const)
    for (const need of needs) if (need.state === state) return need.told;
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
  if (isOfClient(name)) {
    if (!scope.client) return pointless('no client was named: --from says who calls');
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
  if (isOfClient(name) && scope.client && !findClient(view, scope.client)) {
    const { namespace, kind, name: client } = scope.client;
    return { state: 'blind', detail: `the client ${namespace}/${kind}/${client} was not found`, missing: [] };
  }
  if (name === 'service' && !view.object<Service>('services', scope.target.namespace, scope.target.name)) {
    return pointless('the Service does not exist');
  }
  if (source.observation && view.observations(source.observation).length === 0) {
    return {
      state: 'not-asked',
      told: { outcome: 'skipped', because: 'not-asked', detail: notAskedWords[source.observation] },
    };
  }
  return { state: sights.some(({ state }) => state === 'partial') ? 'partial' : 'known' };
}

const pointless = (detail: string): Availability => ({
  state: 'pointless',
  told: { outcome: 'not-applicable', detail },
});

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
