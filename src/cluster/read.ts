import { setTimeout as delay } from 'node:timers/promises';
import type { KubeObject } from '../k8s/objects.ts';
import { misfitIn, misfitInTidy } from '../k8s/shapes.ts';
import { resourceKey, resourceNamed, type ResourceKey } from '../k8s/resources.ts';
import type { Answer, Question, Reader } from '../snapshot/reader.ts';
import { UserError } from '../snapshot/user-error.ts';
import type { Connection } from './connect.ts';
import { answered, type Credentials } from './credentials.ts';
import { answerTooLarge, codeOf, explainConnection, isLost, RequestTimeout } from './connection-error.ts';
import { isLoopback } from './proxy.ts';
import { patienceFor } from './patience.ts';
import { acceptProtobuf, continueInProtobuf, isInProtobuf, parsedProtobuf } from './protobuf-kinds.ts';
import type { Alike } from './protobuf.ts';
import type { Exchange } from './transport.ts';

const pageSize = 500;
/** One kind may have grown out of hand; a server that floods us with several is none. */
const maxTooLarge = 3;
/** A list that expires this often before it ends is not to be had. */
const maxBeginnings = 3;
const logLines = 20;
const logBytes = 16 * 1024;

/** A Reader of the cluster at the other end of a connection: plain wire JSON over one pool of connections, in pages, GET only. */
export function readerOf(connection: Connection): Reader {
  const get = (path: string, signal: AbortSignal, accept = 'application/json') => ask(connection, path, accept, signal);
  let tooLarge = 0;
  return {
    async about(signal) {
      const { status, headers, body } = await get('/version', signal).catch(orNothing(signal));
      const version = status === 200 ? (parsed(body) as { gitVersion?: unknown } | undefined)?.gitVersion : undefined;
      const time = Date.parse(typeof headers['date'] === 'string' ? headers['date'] : '');
      return {
        time: new Date(Number.isNaN(time) ? Date.now() : time).toISOString(),
        ...(typeof version === 'string' ? { serverVersion: version } : {}),
      };
    },
    served: (keys, signal) => servedBy(get, keys, signal),
    read: async (question, signal) => {
      try {
        return await (question.name === undefined ? list : getOne)(get, question, signal);
      } catch (error) {
        // One answer that fails is a fact about that kind; an error of ours or the person's ends the run.
        if (signal.aborted || !isOfTheNetwork(error)) throw error;
        if (codeOf(error) === answerTooLarge && (tooLarge += 1) >= maxTooLarge)
          throw explainConnection(error, connection);
        return { state: 'failed', detail: `${pathOf(question)}: ${messageOf(error)}` };
      }
    },
    async log({ namespace, pod, container }, run, signal) {
      const query = `container=${encodeURIComponent(container)}&previous=${run === 'previous'}&tailLines=${logLines}&limitBytes=${logBytes}`;
      const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log`;
      try {
        const { status, body } = await get(`${path}?${query}`, signal, 'text/plain, application/json, */*');
        if (status === 200) return { state: 'read', text: body };
        const detail = (parsed(body) as StatusBody | undefined)?.message ?? `${path}: the server answered ${status}`;
        // 400: that container has no previous run any more.
        if (status === 400 || status === 404) return { state: 'read', text: '' };
        return { state: status === 403 ? 'forbidden' : 'failed', detail };
      } catch (error) {
        if (signal.aborted) throw error;
        return { state: 'failed', detail: `${path}: ${messageOf(error)}` };
      }
    },
  };
}

/** For what we can do without: a failure counts as an empty answer, unless it ends the run. */
const orNothing =
  (signal: AbortSignal) =>
  (error: unknown): Exchange => {
    if (signal.aborted || !isOfTheNetwork(error)) throw error;
    return { status: 0, headers: {}, body: '' };
  };

type Get = (path: string, signal: AbortSignal, accept?: string) => Promise<Exchange>;

async function list(get: Get, question: Question, signal: AbortSignal): Promise<Answer> {
  const objects: KubeObject[] = [];
  const { labelSelector, fieldSelector } = question;
  const selector =
    (labelSelector ? `&labelSelector=${encodeURIComponent(labelSelector)}` : '') +
    (fieldSelector ? `&fieldSelector=${encodeURIComponent(fieldSelector)}` : '');
  let page = `limit=${pageSize}`;
  let begun = 1;
  let advanced = false;
  let ahead: Promise<Exchange> | undefined;
  const { keep } = question;
  // Protobuf is read by the fields that are kept: where all of them are, it has to be JSON.
  const accept = keep && isInProtobuf(question.resource) ? acceptProtobuf : undefined;
  const alike: Alike = new Map();
  const turn = (query: string) => get(`${pathOf(question)}?${query}${selector}`, signal, accept);
  for (;;) {
    const answer = await (ahead ?? turn(page));
    ahead = undefined;
    // The server writes the next page while this one is taken apart.
    const token = answer.status === 200 ? continueIn(answer) : undefined;
    if (token !== undefined) {
      ahead = turn(following(token));
      ahead.catch(() => {});
    }
    const body = bodyOf<ListBody>(answer, alike);
    if (answer.status === 410) {
      // The list changed for longer than the server remembers. It offers to go on from where we are, of later objects as they are by now; where
      // that brings nothing more, the list begins again. In one piece it is never asked for: of 100,000 Pods that is a gigabyte.
      const offered = body?.metadata?.continue;
      if (offered && advanced) page = following(offered);
      else if ((begun += 1) <= maxBeginnings) {
        objects.length = 0;
        page = `limit=${pageSize}`;
      } else return refusal(answer, body, question);
      advanced = false;
      continue;
    }
    if (answer.status !== 200) return refusal(answer, body, question);
    if (!isList(body)) return notJson(question);
    const kind = { apiVersion: body.apiVersion, kind: body.kind.replace(/List$/, '') };
    for (const item of body.items ?? []) {
      // Before it is looked at: what is taken away is half of it.
      const object = reduced({ ...kind, ...item });
      const misfit = answer.protobuf ? misfitInTidy(object) : misfitIn(object);
      if (misfit !== undefined) return notAnObject(question, misfit);
      objects.push(keep ? keep(object) : object);
    }
    advanced = true;
    question.onPage?.(objects);
    const next = body.metadata?.continue;
    if (typeof next !== 'string' || next === '') return { state: 'read', objects };
    page = following(next);
  }
}

const following = (token: string): string => `limit=${pageSize}&continue=${encodeURIComponent(token)}`;

const bodyOf = <Body>({ body, protobuf }: Exchange, alike: Alike): Body | undefined =>
  (protobuf ? parsedProtobuf(protobuf, alike) : parsed(body)) as Body | undefined;

/** The token of the next page, which stands before the items: told without taking megabytes apart. */
const continueIn = ({ body, protobuf }: Exchange): string | undefined =>
  protobuf
    ? continueInProtobuf(protobuf)
    : /^\{(?:"(?:kind|apiVersion)":"[^"]*",)*"metadata":\{[^{}]*"continue":"([^"\\]+)"/.exec(body.slice(0, 4096))?.[1];

async function getOne(get: Get, question: Question, signal: AbortSignal): Promise<Answer> {
  const answer = await get(pathOf(question), signal);
  const body = parsed(answer.body) as KubeObject | StatusBody | undefined;
  // Not served answers 404 as well, but without naming an object.
  if (answer.status === 404 && (body as StatusBody | undefined)?.details?.name !== undefined)
    return { state: 'read', objects: [] };
  if (answer.status !== 200) return refusal(answer, body as StatusBody | undefined, question);
  const misfit = misfitIn(body);
  if (misfit !== undefined) return notAnObject(question, misfit);
  return { state: 'read', objects: [(question.keep ?? ((object) => object))(reduced(body as KubeObject))] };
}

interface StatusBody {
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly name?: string };
}

interface ListBody extends StatusBody {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly continue?: string };
  readonly items?: readonly KubeObject[] | null;
}

/** Whatever else has `items` says nothing about a cluster, least of all that it holds none. */
export const isList = <Body extends ListBody>(
  body: Body | undefined,
): body is Body & { readonly apiVersion: string; readonly kind: string } =>
  typeof body?.apiVersion === 'string' &&
  typeof body.kind === 'string' &&
  body.kind.endsWith('List') &&
  (Array.isArray(body.items) || body.items === null);

function refusal({ status, body: text }: Exchange, body: StatusBody | undefined, question: Question): Answer {
  const detail = body?.message ?? `${pathOf(question)}: the server answered ${status}, which is not Kubernetes`;
  if (status === 403) return { state: 'forbidden', detail };
  // Of a group that it does not know, an API server says so in plain text. Any other 404 is of something that is none.
  const unknown = body?.message !== undefined || text.trim() === '404 page not found';
  return { state: status === 404 && unknown ? 'notServed' : 'failed', detail };
}

const notJson = (question: Question): Answer => ({
  state: 'failed',
  detail: `${pathOf(question)}: the server answered with something that is not Kubernetes JSON`,
});

const notAnObject = (question: Question, misfit: string): Answer => ({
  state: 'failed',
  detail: `${pathOf(question)}: the server answered with an object that is none: ${misfit}`,
});

/** Who wrote which field when is half of an object's bytes, and no check reads it. */
export function reduced(object: KubeObject): KubeObject {
  if (object.metadata?.managedFields) delete (object.metadata as { managedFields?: unknown }).managedFields;
  return object;
}

function pathOf({ resource, version, namespace, name }: Question): string {
  return [
    resource.group === '' ? '/api' : `/apis/${resource.group}`,
    version,
    ...(resource.namespaced && namespace !== undefined ? ['namespaces', encodeURIComponent(namespace)] : []),
    resource.resource,
    ...(name === undefined ? [] : [encodeURIComponent(name)]),
  ].join('/');
}

function parsed(body: string): unknown {
  try {
    const value = JSON.parse(body) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const aggregated = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',');

async function servedBy(
  get: Get,
  keys: readonly ResourceKey[],
  signal: AbortSignal,
): Promise<ReadonlyMap<ResourceKey, readonly string[]> | undefined> {
  const answer = await get('/apis', signal, aggregated).catch(orNothing(signal));
  const body = answer.status === 200 ? recordIn(parsed(answer.body)) : {};
  if (!Array.isArray(body['items']) && !Array.isArray(body['groups'])) return undefined;
  const wanted = Map.groupBy(keys.map(resourceNamed), ({ group }) => group);
  const served = new Map<ResourceKey, string[]>();
  const note = (group: string, version: string, resource: string) => {
    const key = resourceKey(group, resource);
    served.set(key, [...(served.get(key) ?? []), version]);
  };
  // What nobody tells is not absent: it is asked for, and its own answer says more.
  const noteAll = (group: string, version: string) => {
    for (const { resource } of wanted.get(group) ?? []) note(group, version, resource);
  };
  // Aggregated, since Kubernetes 1.26.
  for (const { metadata, versions } of recordsIn(body['items'])) {
    const group = textIn(recordIn(metadata)['name']);
    for (const { version, resources, freshness } of recordsIn(versions)) {
      if (freshness === 'Stale') noteAll(group, textIn(version));
      else for (const { resource } of recordsIn(resources)) note(group, textIn(version), textIn(resource));
    }
  }
  // Before: only the groups, whose resources are asked for one version at a time.
  const groupVersions = recordsIn(body['groups']).flatMap(({ name, versions }) =>
    recordsIn(versions).map(({ version }) => ({ group: textIn(name), version: textIn(version) })),
  );
  await Promise.all(
    groupVersions
      .filter(({ group }) => wanted.has(group))
      .map(async ({ group, version }) => {
        const { status, body } = await get(`/apis/${group}/${version}`, signal).catch(orNothing(signal));
        const { resources } = recordIn(parsed(body));
        if (status !== 200 || !Array.isArray(resources)) noteAll(group, version);
        else for (const { name } of recordsIn(resources)) note(group, version, textIn(name));
      }),
  );
  return served;
}

const recordIn = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
const recordsIn = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.map(recordIn) : [];
const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');

/** One GET, within the time that a request may take. */
export async function ask(
  connection: Connection,
  path: string,
  accept: string,
  signal: AbortSignal,
): Promise<Exchange> {
  const { requestTimeout } = connection;
  const clock = new AbortController();
  // AbortSignal.timeout would not keep the process alive while it waits for an answer that never comes.
  const timer =
    requestTimeout > 0 ? setTimeout(() => clock.abort(new RequestTimeout(requestTimeout)), requestTimeout) : undefined;
  try {
    const deadline = requestTimeout > 0 ? Date.now() + requestTimeout : Number.POSITIVE_INFINITY;
    return await persevere(connection, path, accept, deadline, AbortSignal.any([signal, clock.signal]));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const reason = clock.signal.aborted ? clock.signal.reason : error;
    // Before the first answer a failure means that there is no cluster to talk to, and ends the run; afterwards it is one failed read.
    throw heard.has(connection) ? reason : explainConnection(reason, connection);
  } finally {
    clearTimeout(timer);
  }
}

const heard = new WeakSet<Connection>();

/** Asks again: once after a lost connection, once with fresh credentials after a 401, and as often as the server asks for patience that we have. */
async function persevere(
  connection: Connection,
  path: string,
  accept: string,
  deadline: number,
  signal: AbortSignal,
): Promise<Exchange> {
  const send = ({ headers }: Credentials) =>
    connection.transport.get(path, { ...headers, ...commonHeaders(connection), accept }, signal);
  let reconnected = false;
  for (let asked = 1; ;) {
    try {
      const { answer, credentials } = await answered(connection.credentials, send, signal);
      if (answer.status === 401) throw unauthorized(connection, credentials);
      heard.add(connection);
      const wait = patienceFor(answer, asked, deadline);
      if (wait === undefined) return answer;
      asked += 1;
      await delay(wait, undefined, { signal });
    } catch (error) {
      if (signal.aborted || reconnected || !isLost(error)) throw error;
      reconnected = true;
    }
  }
}

export const commonHeaders = ({ userAgent, server }: Connection) => ({
  'user-agent': userAgent,
  // On loopback compressing costs more than sending.
  'accept-encoding': isLoopback(server.hostname) ? 'identity' : 'gzip',
});

const isOfTheNetwork = (error: unknown): boolean =>
  !(error instanceof UserError) && (error instanceof RequestTimeout || codeOf(error) !== undefined);

const messageOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);

export function unauthorized({ context, server }: Connection, { headers }: Credentials): UserError {
  const authorization = headers['authorization'];
  const expired = typeof authorization === 'string' ? expiryOf(authorization) : undefined;
  return new UserError(
    'unauthorized',
    expired !== undefined && expired < Date.now()
      ? `the token of context ${context} has expired: it was valid until ${new Date(expired).toISOString()}`
      : `the API server ${server.origin} rejects the credentials of context ${context}`,
    {
      hint:
        authorization === undefined
          ? 'the kubeconfig names no usable credentials for this context'
          : 'log in again, or fetch the kubeconfig again; kubectl auth whoami shows whether kubectl is let in',
    },
  );
}

/** When a JWT ends, in milliseconds since the epoch; undefined for any other token. */
function expiryOf(authorization: string): number | undefined {
  const [, payload] = authorization.replace('Bearer ', '').split('.');
  const claims =
    payload === undefined
      ? undefined
      : (parsed(Buffer.from(payload, 'base64url').toString()) as { exp?: unknown } | undefined);
  return typeof claims?.exp === 'number' ? claims.exp * 1000 : undefined;
}
