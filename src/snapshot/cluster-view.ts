import type { KubeObject } from '../k8s/objects.ts';
import { resourceKey, resourceNamed, resourceOf, type ResourceKey } from '../k8s/resources.ts';
import type { Coverage, Observation, ObservationKind, Snapshot } from './snapshot.ts';

/** What a fact must have been able to read. */
export interface ReadNeed {
  readonly resource: ResourceKey;
  readonly namespaces: 'all' | readonly string[];
  readonly names?: readonly string[];
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** How well a need is met. `partial`: some objects are in a plain file, and nobody knows whether all are. */
export type Sight = { readonly state: 'read' | 'partial' } | Unseen;

interface Unseen {
  readonly state: 'forbidden' | 'failed' | 'uncovered';
  readonly need: ReadNeed;
  /** How it was asked for, or would have been. */
  readonly verb: 'get' | 'list';
  readonly detail: string;
}

/** A Snapshot, indexed once, so that every question is a look-up. */
export interface ClusterView {
  readonly snapshot: Snapshot;
  /** Milliseconds since the epoch at which the snapshot was taken; NaN where no object carries a time. */
  readonly now: number;
  objects<T extends KubeObject>(resource: ResourceKey, namespace?: string): readonly T[];
  object<T extends KubeObject>(resource: ResourceKey, namespace: string | undefined, name: string): T | undefined;
  observations<K extends ObservationKind>(kind: K): readonly Extract<Observation, { kind: K }>[];
  sight(need: ReadNeed): Sight;
  /** A value computed once per view, whoever asks first. */
  once<T>(key: string, compute: () => T): T;
}

/** The same empty list every time: what was worked out of it holds again. */
const nothing: readonly KubeObject[] = [];
const nothingSeen: readonly Observation[] = [];

export function viewOf(snapshot: Snapshot): ClusterView {
  const byResource = new Map<ResourceKey, KubeObject[]>();
  for (const object of snapshot.objects) {
    const resource = resourceOf(object);
    if (!resource) continue;
    const key = resourceKey(resource.group, resource.resource);
    append(byResource, key, object);
  }
  // Of most kinds nobody asks for one namespace or name: their indexes are not made.
  const byNamespace = remembered((resource: ResourceKey) =>
    Map.groupBy(byResource.get(resource) ?? nothing, ({ metadata }) => metadata.namespace ?? ''),
  );
  const inNamespace = (resource: ResourceKey, namespace: string): readonly KubeObject[] =>
    byNamespace(resource).get(namespace) ?? nothing;
  const byName = remembered((resource: ResourceKey) =>
    remembered(
      (namespace: string) => new Map(inNamespace(resource, namespace).map((object) => [object.metadata.name, object])),
    ),
  );
  const byKind = new Map<ObservationKind, Observation[]>();
  for (const observation of snapshot.observations.flatMap(seenIn)) append(byKind, observation.kind, observation);
  const coverage = coverageOf(snapshot);
  const memo = new Map<string, unknown>();

  return {
    snapshot,
    now: takenAt(snapshot),
    objects: <T extends KubeObject>(resource: ResourceKey, namespace?: string) =>
      (namespace === undefined
        ? (byResource.get(resource) ?? nothing)
        : inNamespace(resource, namespace)) as readonly T[],
    object: <T extends KubeObject>(resource: ResourceKey, namespace: string | undefined, name: string) =>
      byName(resource)(namespace ?? '').get(name) as T | undefined,
    observations: <K extends ObservationKind>(kind: K) =>
      (byKind.get(kind) ?? nothingSeen) as readonly Extract<Observation, { kind: K }>[],
    sight: (need) => sightOf(need, snapshot, coverage, byResource, inNamespace),
    once: <T>(key: string, compute: () => T) => {
      if (!memo.has(key)) memo.set(key, compute());
      return memo.get(key) as T;
    },
  };
}

/** What somebody printed of a resolv.conf tells the same as the observation of its own kind. */
function seenIn(observation: Observation): readonly Observation[] {
  if (observation.kind !== 'Exec' || observation.exitCode !== 0) return [observation];
  const { pod, command, output: text } = observation;
  const printed = /\bcat( --)? \/etc\/resolv\.conf$/.test(command.join(' ')) && /^\s*nameserver\s/m.test(text);
  return printed ? [observation, { kind: 'ResolvConf', pod, text }] : [observation];
}

/** Worked out when it is asked for first. */
function remembered<K, V>(work: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    let found = known.get(key);
    if (found === undefined) known.set(key, (found = work(key)));
    return found;
  };
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

type CoverageIndex = ReadonlyMap<ResourceKey, readonly Coverage[]>;

function coverageOf(snapshot: Snapshot): CoverageIndex {
  const index = new Map<ResourceKey, Coverage[]>();
  if (Array.isArray(snapshot.coverage)) {
    for (const entry of snapshot.coverage as readonly Coverage[])
      append(index, resourceKey(entry.group, entry.resource), entry);
  }
  return index;
}

function sightOf(
  need: ReadNeed,
  snapshot: Snapshot,
  coverage: CoverageIndex,
  byResource: ReadonlyMap<ResourceKey, readonly KubeObject[]>,
  inNamespace: (resource: ResourceKey, namespace: string) => readonly KubeObject[],
): Sight {
  if (snapshot.coverage === 'complete') return { state: 'read' };
  const { namespaced } = resourceNamed(need.resource);
  if (snapshot.coverage === undefined) {
    const present =
      need.namespaces === 'all' || !namespaced
        ? byResource.has(need.resource)
        : need.namespaces.every((namespace) => inNamespace(need.resource, namespace).length > 0);
    return present
      ? { state: 'partial' }
      : { state: 'uncovered', need, verb: 'list', detail: `the file holds no ${need.resource}` };
  }
  const entries = coverage.get(need.resource) ?? [];
  const scopes = need.namespaces === 'all' || !namespaced ? (['all'] as const) : need.namespaces;
  for (const scope of scopes) {
    const inScope = entries.filter((entry) => covers(entry, scope, need));
    if (inScope.some((entry) => entry.state === 'read' || entry.state === 'notServed')) continue;
    const refused = entries.find(
      (entry) =>
        (entry.state === 'forbidden' || entry.state === 'failed') && covers({ ...entry, state: 'read' }, scope, need),
    );
    if (refused && (refused.state === 'forbidden' || refused.state === 'failed')) {
      return {
        state: refused.state,
        need,
        verb: refused.names === undefined ? 'list' : 'get',
        detail: refused.detail ?? (refused.state === 'forbidden' ? 'forbidden' : 'could not be read'),
      };
    }
    return {
      state: 'uncovered',
      need,
      verb: need.names === undefined ? 'list' : 'get',
      detail: `${need.resource} were not read${scope === 'all' ? '' : ` in ${scope}`}`,
    };
  }
  return { state: 'read' };
}

function covers(entry: Coverage, scope: string, need: ReadNeed): boolean {
  const everywhere = entry.namespaces === 'all' || entry.state === 'notServed';
  if (!everywhere && (scope === 'all' || !entry.namespaces.includes(scope))) return false;
  if (entry.names && !(need.names && need.names.every((name) => entry.names?.includes(name)))) return false;
  if (entry.fieldSelector !== undefined && entry.fieldSelector !== need.fieldSelector) return false;
  return entry.labelSelector === undefined || entry.labelSelector === need.labelSelector;
}

/** The time of the snapshot, or the newest timestamp among the objects. */
function takenAt(snapshot: Snapshot): number {
  if (snapshot.takenAt !== undefined) return Date.parse(snapshot.takenAt);
  let newest = Number.NaN;
  const consider = (text: string | null | undefined) => {
    const time = text ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(time) && !(newest >= time)) newest = time;
  };
  const visit = (value: unknown, key: string, depth: number): void => {
    if (typeof value === 'string') {
      if (/(Time|Timestamp|At)$/.test(key)) consider(value);
    } else if (value && typeof value === 'object' && depth < 12) {
      for (const [name, inner] of Object.entries(value)) visit(inner, Array.isArray(value) ? key : name, depth + 1);
    }
  };
  for (const object of snapshot.objects) visit(object, '', 0);
  return newest;
}
