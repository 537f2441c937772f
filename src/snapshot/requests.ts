import type { KubeObject } from '../k8s/objects.ts';
import { resourceNamed, type ResourceKey } from '../k8s/resources.ts';
import { findClusterDns } from './cluster-dns.ts';
import type { ClusterView, ReadNeed } from './cluster-view.ts';
import { configMapsOf, factSources, findClient, type ClientName, type FactName, type Scope } from './facts.ts';
import { settingsIn } from './permissions.ts';
import { targetsIn, type Selection } from './selection.ts';
import { isInShard } from './shard.ts';
import type { Snapshot } from './snapshot.ts';

/** What a diagnosis is about to ask. */
export interface GatherPlan {
  readonly selection: Selection;
  readonly client?: ClientName;
  /** The facts that the checks declare. */
  readonly facts: readonly FactName[];
  /** What to keep of each object; absent: all that checks might read one day. */
  readonly keep?: (object: KubeObject) => KubeObject;
  /** Told what comes while it comes. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  /** How many were read. */
  readonly objects: number;
  /**
   * What is known already, once nothing but Pods is still being read: those of the namespaces that are complete, and the coverage says which.
   * Undefined before.
   */
  readonly soFar: () => Snapshot | undefined;
}

/** What a need comes down to: one list, or one object, of one namespace or (`undefined`) of all. */
export interface Request {
  readonly resource: ResourceKey;
  readonly namespace: string | undefined;
  readonly name?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** More lists of one resource than this are read as one. */
const maxLists = 4;

/** Of a whole cluster, lists of what has some label or field are small: so many of them still cost less than everything. */
const maxSelections = 12;

/** Tells one request from another. */
export const keyOf = ({ resource, namespace, name, labelSelector, fieldSelector }: Request): string =>
  JSON.stringify([resource, namespace, name, labelSelector, fieldSelector]);

/** The scopes to ask the facts about. Where the Services are not known yet, one that stands for the namespace alone. */
function scopesIn(view: ClusterView, { selection, client }: GatherPlan): readonly Scope[] {
  const from = client ? { client } : {};
  const nameless = (namespace: string): Scope => ({ target: { namespace, name: '' }, ...from });
  if (selection.kind === 'everywhere') {
    const namespaces = namespacesIn(view);
    return namespaces.size === 0 ? [nameless('kube-system')] : [...namespaces].map(nameless);
  }
  const targets = targetsIn(view, selection).map((target): Scope => ({ target, ...from }));
  if (selection.kind === 'shard') {
    const own = [...namespacesIn(view)].filter((namespace) => isInShard(namespace, selection));
    return [...own.map(nameless), ...targets];
  }
  return selection.kind === 'namespace' && targets.length === 0 ? [nameless(selection.namespace)] : targets;
}

const namespacesIn = (view: ClusterView): ReadonlySet<string> =>
  new Set([
    ...view.objects('namespaces').map(({ metadata }) => metadata.name),
    ...view.objects('services').map(({ metadata }) => metadata.namespace ?? ''),
  ]);

/**
 * What there is still to read, given what was seen so far. `refused`: the list of a resource in all namespaces was asked for and not given;
 * then the namespaces concerned are asked one by one.
 */
export function requestsFor(
  view: ClusterView,
  plan: GatherPlan,
  refused: (resource: ResourceKey) => boolean,
): readonly Request[] {
  const everywhere = plan.selection.kind === 'everywhere';
  const overview: readonly Request[] =
    everywhere || plan.selection.kind === 'shard'
      ? ['services', 'namespaces'].map((resource) => ({ resource, namespace: undefined }))
      : [];
  const wanted = scopesIn(view, plan).flatMap((scope) => {
    const near = namespacesNear(view, scope);
    return needsOf(scope, view, plan)
      .flatMap((need) => narrowed(need, view, scope))
      .flatMap(requestsOf)
      .map((request) => (scope.target.name === '' ? broadened(request) : request))
      .map((request) => (everywhere && !refused(request.resource) ? ofAllNamespaces(request) : request))
      .flatMap((request) => (refused(request.resource) ? inNamespaces(request, near) : [request]));
  });
  const unique = new Map(
    [...overview.filter(({ resource }) => !refused(resource)), ...wanted].map((request) => [keyOf(request), request]),
  );
  return merged([...unique.values()]).filter((request) => !isSeen(view, request));
}

const needsOf = (scope: Scope, view: ClusterView, { facts }: GatherPlan): readonly ReadNeed[] => [
  { resource: 'services', namespaces: [scope.target.namespace], names: [scope.target.name] },
  { resource: 'namespaces', namespaces: 'all', names: [scope.target.namespace] },
  ...facts.flatMap((fact) => [
    ...factSources[fact].needs(view, scope),
    ...(factSources[fact].also?.(scope, view) ?? []),
  ]),
];

const namespacesNear = (view: ClusterView, { target, client }: Scope): readonly string[] => [
  ...new Set([target.namespace, ...(client ? [client.namespace] : []), findClusterDns(view).namespace]),
];

/** Of a Service that is not known yet, neither its name nor its labels can be asked for. */
const broadened = (request: Request): Request =>
  isPrivate(request) || !isNamespaced(request) ? request : { resource: request.resource, namespace: request.namespace };

const ofAllNamespaces = (request: Request): Request =>
  isPrivate(request) || !isNamespaced(request) ? request : { resource: request.resource, namespace: undefined };

/** Nobody may list it everywhere: what is near matters most. */
function inNamespaces(request: Request, near: readonly string[]): readonly Request[] {
  const { resource, namespace } = request;
  if (namespace !== undefined) return [request];
  if (resource === 'namespaces') return near.map((name) => ({ resource, namespace, name }));
  if (!isNamespaced(request) || isFiltered(request)) return [];
  return near.map((namespace) => ({ resource, namespace }));
}

const isNamespaced = ({ resource }: Request): boolean => resourceNamed(resource).namespaced;

/** ConfigMaps are never asked for by the hundred. */
const isPrivate = ({ resource }: Request): boolean => resource === 'configmaps';

/**
 * ConfigMaps hold what is nobody's business: only those of kube-system are read whole, of the client's namespace those that its Pods take, of
 * others the few that configure the cluster.
 */
function narrowed(need: ReadNeed, view: ClusterView, { client }: Scope): readonly ReadNeed[] {
  if (need.resource !== 'configmaps' || need.names || need.namespaces === 'all') return [need];
  return need.namespaces.flatMap((namespace): readonly ReadNeed[] => {
    if (namespace === 'kube-system') return [{ ...need, namespaces: [namespace] }];
    const found = client?.namespace === namespace ? findClient(view, client) : undefined;
    const names =
      client?.namespace === namespace
        ? found
          ? configMapsOf(found.spec)
          : []
        : settingsIn(namespace, findClusterDns(view).namespace);
    return names.length === 0 ? [] : [{ ...need, namespaces: [namespace], names }];
  });
}

function requestsOf({ resource, namespaces, names, labelSelector, fieldSelector }: ReadNeed): readonly Request[] {
  const places = namespaces === 'all' || !resourceNamed(resource).namespaced ? [undefined] : namespaces;
  return places.flatMap((namespace): readonly Request[] =>
    names
      ? names.map((name) => ({ resource, namespace, name }))
      : [{ resource, namespace, ...selectorsOf({ labelSelector, fieldSelector }) }],
  );
}

const isFiltered = ({ name, labelSelector, fieldSelector }: Request): boolean =>
  name !== undefined || labelSelector !== undefined || fieldSelector !== undefined;

/** The selectors that are there. */
export const selectorsOf = ({
  labelSelector,
  fieldSelector,
}: {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}): Pick<Request, 'labelSelector' | 'fieldSelector'> => ({
  ...(labelSelector === undefined ? {} : { labelSelector }),
  ...(fieldSelector === undefined ? {} : { fieldSelector }),
});

/** Leaves out what a broader request brings anyway, and makes one of many. ConfigMaps asked for by name stay so. */
function merged(requests: readonly Request[]): readonly Request[] {
  const whole = (request: Request) => !isFiltered(request);
  const everywhere = new Set(
    requests.filter((request) => request.namespace === undefined && whole(request)).map(({ resource }) => resource),
  );
  const byPlace = Map.groupBy(
    requests.filter(({ resource, namespace }) => namespace === undefined || !everywhere.has(resource)),
    ({ resource, namespace }) => JSON.stringify([resource, namespace]),
  );
  return [...byPlace.values()].flatMap((inPlace) => {
    const [first] = inPlace;
    if (!first) return [];
    const list = { resource: first.resource, namespace: first.namespace };
    const mayList = !isPrivate(first) && isNamespaced(first);
    return inPlace.some(whole) ||
      (mayList && inPlace.length > (first.namespace === undefined ? maxSelections : maxLists))
      ? [list]
      : inPlace;
  });
}

const isSeen = (view: ClusterView, { resource, namespace, name, ...selectors }: Request): boolean =>
  view.sight({
    resource,
    namespaces: namespace === undefined ? 'all' : [namespace],
    ...(name === undefined ? {} : { names: [name] }),
    ...selectors,
  }).state === 'read';
