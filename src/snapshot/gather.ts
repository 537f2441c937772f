import limitOf, { type LimitFunction } from 'p-limit';
import type { KubeObject } from '../k8s/objects.ts';
import { resourceKey, resourceNamed, resources, type ResourceKey } from '../k8s/resources.ts';
import { viewOf } from './cluster-view.ts';
import { coverageOf, type Result } from './coverage.ts';
import { crashLogs, maxLogs } from './crash-logs.ts';
import { isDeclared } from './permissions.ts';
import type { Answer, Question, Reader } from './reader.ts';
import { withoutUnneededData } from './redact.ts';
import { keyOf, requestsFor, type GatherPlan, type Request, selectorsOf } from './requests.ts';
import { targetsIn } from './selection.ts';
import { snapshotVersion, type Snapshot } from './snapshot.ts';
import { underWay } from './under-way.ts';
import { UserError } from './user-error.ts';

/** A need may hang on what an earlier one brought (a selector, the client's ConfigMaps, the namespace of the DNS): that deep, no deeper. */
const maxRounds = 4;

/**
 * How many reads are under way at once, and how many of them lists of Pods, which may be megabytes each: whoever may not list all namespaces
 * reads hundreds of them one by one.
 */
const readsAtOnce = 48;
const podListsAtOnce = 8;

/** Groups that every API server has. */
const builtInGroups = new Set(['', 'apps', 'batch', 'autoscaling', 'discovery.k8s.io', 'networking.k8s.io']);

/** They are asked for at once, like those that hardly any API server lacks; the others once the server has told what it serves. */
const groupsAskedAtOnce = new Set([
  ...builtInGroups,
  'admissionregistration.k8s.io',
  'apiregistration.k8s.io',
  'rbac.authorization.k8s.io',
]);

/**
 * Reads what the facts need and no more: everything that is known to be needed at once, then what that made needed. What could not be read
 * stands in the coverage with the server's own words. Throws only where the cluster cannot be talked to at all.
 */
export async function gather(reader: Reader, plan: GatherPlan, signal: AbortSignal): Promise<Snapshot> {
  const about = reader.about(signal);
  const served = reader.served(optionalResources, signal);
  // A failure of these is told by the reads that wait for them; until then it must not count as unhandled.
  about.catch(() => {});
  served.catch(() => {});

  const limits = { any: limitOf(readsAtOnce), podLists: limitOf(podListsAtOnce) };
  const results = new Map<string, Result>();
  const started = new Date().toISOString();
  const soFar = (takenAt: string, more: readonly Result[] = []): Snapshot => {
    const all = [...results.values(), ...more];
    return {
      apiVersion: snapshotVersion,
      kind: 'Snapshot',
      takenAt,
      coverage: coverageOf(all),
      objects: objectsIn(all),
      observations: [],
    };
  };
  // Whether something is too old is told by the server's clock alone.
  let clock: string | undefined;
  about.then(({ time }) => (clock = time)).catch(() => {});

  let before = 0;
  for (let turn = 0; turn < maxRounds; turn += 1) {
    const view = viewOf(soFar(started));
    const refused = (resource: ResourceKey) => {
      const answer = results.get(keyOf({ resource, namespace: undefined }))?.answer;
      return answer !== undefined && answer.state !== 'read' && answer.state !== 'notServed';
    };
    const requests = requestsFor(view, plan, refused).filter((request) => !results.has(keyOf(request)));
    if (requests.length === 0) break;
    const round = underWay(requests);
    const tell = () =>
      plan.onProgress?.({
        objects: round.objects + before,
        soFar: () => {
          const reliable = clock === undefined ? undefined : round.reliable();
          return clock === undefined || !reliable ? undefined : soFar(clock, reliable);
        },
      });
    const read = async (request: Request): Promise<Result> => {
      const onPage = (objects: readonly KubeObject[]) => {
        round.page(request, objects);
        tell();
      };
      const ask = () => answerTo(reader, request, { ...plan, onPage }, served, signal);
      const answer = await inTurn(request, limits, ask);
      const seen =
        answer.state === 'read' && request.resource === 'configmaps' && request.name === undefined
          ? { ...answer, objects: answer.objects.map(withoutUnneededData) }
          : answer;
      round.done({ request, answer: seen });
      tell();
      return { request, answer: seen };
    };
    for (const result of await Promise.all(requests.map(read))) results.set(keyOf(result.request), result);
    before += round.objects;
  }

  demandSomething([...results.values()]);
  const { time, serverVersion } = await about;
  const snapshot = soFar(time);
  const view = viewOf(snapshot);
  const { logs, coverage } = plan.facts.includes('logs')
    ? await crashLogs(reader, view, targetsIn(view, plan.selection), logsWanted(plan), signal)
    : { logs: [], coverage: [] };
  return {
    ...snapshot,
    coverage: [...coverageOf([...results.values()]), ...coverage],
    ...(serverVersion === undefined ? {} : { serverVersion }),
    observations: logs,
  };
}

/** Lists of Pods wait for each other first, so that what waits takes nobody's place. */
const inTurn = (
  { resource, name }: Request,
  { any, podLists }: Readonly<Record<'any' | 'podLists', LimitFunction>>,
  ask: () => Promise<Answer>,
): Promise<Answer> => (resource === 'pods' && name === undefined ? podLists(() => any(ask)) : any(ask));

/** Every object once: of one that two requests brought, what the later one says. */
function objectsIn(results: readonly Result[]): readonly KubeObject[] {
  const byResource = Map.groupBy(results, ({ request }) => request.resource);
  return [...byResource.values()].flatMap((alike): readonly KubeObject[] => {
    const read = alike.flatMap(({ answer }) => (answer.state === 'read' ? [answer.objects] : []));
    const [only, ...others] = read;
    if (only && others.length === 0) return only;
    return [
      ...new Map(
        read.flat().map((object) => [`${object.metadata.namespace ?? ''}/${object.metadata.name}`, object]),
      ).values(),
    ];
  });
}

const logsWanted = ({ selection: { kind } }: GatherPlan): number =>
  kind === 'everywhere' || kind === 'shard' ? maxLogs.amongOthers : maxLogs.alone;

/** A server that answers nothing at all as an API server would is none. */
function demandSomething(results: readonly Result[]): void {
  if (results.some(({ answer }) => answer.state === 'read' || answer.state === 'forbidden')) return;
  const [why = 'the server serves no known kind'] = results.flatMap(({ answer }) =>
    answer.state === 'failed' ? [answer.detail] : [],
  );
  throw new UserError('nothing-read', `nothing could be read: ${why}`, {
    hint: 'does the kubeconfig name an API server? kubectl version shows whether kubectl gets through',
  });
}

const optionalResources: readonly ResourceKey[] = resources
  .filter(({ group }) => !groupsAskedAtOnce.has(group))
  .map(({ group, resource }) => resourceKey(group, resource));

async function answerTo(
  reader: Reader,
  request: Request,
  { keep, onPage }: Pick<GatherPlan, 'keep'> & Pick<Question, 'onPage'>,
  served: Promise<ReadonlyMap<ResourceKey, readonly string[]> | undefined>,
  signal: AbortSignal,
): Promise<Answer> {
  const { resource: key, namespace, name } = request;
  if (!isDeclared(request)) throw new Error(`about to read what no role of ours names: ${keyOf(request)}`);
  const resource = resourceNamed(key);
  let version: string = resource.versions[0] ?? 'v1';
  if (!groupsAskedAtOnce.has(resource.group)) {
    const known = await served;
    const usable = known && resource.versions.find((candidate) => known.get(key)?.includes(candidate));
    if (known && usable === undefined)
      return { state: 'notServed', detail: `the cluster does not serve ${resource.resource}.${resource.group}` };
    version = usable ?? version;
  }
  const answer = await reader.read(
    {
      resource,
      version,
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
      ...selectorsOf(request),
      ...(keep ? { keep } : {}),
      ...(onPage ? { onPage } : {}),
    },
    signal,
  );
  // Of a kind that every API server has, "not served" tells something about the server, and nothing about the objects.
  return answer.state === 'notServed' && builtInGroups.has(resource.group) ? { ...answer, state: 'failed' } : answer;
}
