import { setTimeout as delay } from 'node:timers/promises';
import type { ApplyOptions, DemoCluster, Everything, Looked, Manifest, ObjectName, Written } from '../demo/cluster.ts';
import type { KubeObject } from '../k8s/objects.ts';
import { groupOf, resourceOf } from '../k8s/resources.ts';
import { misfitIn } from '../k8s/shapes.ts';
import { UserError } from '../snapshot/user-error.ts';
import type { Connection } from './connect.ts';
import { explainConnection, isLost, RequestTimeout } from './connection-error.ts';
import { exchangeThroughForward, getThroughForward } from './forward.ts';
import { patienceFor } from './patience.ts';
import { unauthorized } from './read.ts';
import { request, type Request } from './request.ts';
import type { Exchange } from './transport.ts';

/** Who we are to server-side apply: the owner of the fields that we set, and whoever changes them for the lab. */
const fieldManager = 'svcdoctor';
const labManager = 'svcdoctor-lab';

/** Reads and writes as the demo asks, over a connection that its owner closes. */
export function demoClusterOf(connection: Connection, warn: (text: string) => void): DemoCluster {
  const send = senderFor(connection, warn);
  const metadataOf = async (name: ObjectName, signal: AbortSignal): Promise<Exchange> =>
    isSecret(name)
      ? metadataOfSecret(send, name, signal)
      : send({ method: 'GET', path: pathOf(name), accept: partialObject }, signal);
  return {
    async look(name, signal): Promise<Looked<KubeObject>> {
      const answer = await metadataOf(name, signal);
      if (isAbsent(answer)) return { state: 'absent' };
      if (answer.status === 403) return { state: 'forbidden', message: messageIn(answer) };
      const { apiVersion, kind } = name;
      return { state: 'found', object: { ...objectIn(answer, pathOf(name)), apiVersion, kind } };
    },
    async get<T extends KubeObject>(name: ObjectName, signal: AbortSignal) {
      const answer = await send({ method: 'GET', path: pathOf(name) }, signal);
      return isAbsent(answer) ? undefined : (objectIn(answer, pathOf(name)) as T);
    },
    async list<T extends KubeObject>(
      { apiVersion, kind }: { apiVersion: string; kind: string },
      namespace: string,
      labels: string,
      signal: AbortSignal,
    ) {
      const collection = pathOf({ apiVersion, kind, metadata: { name: '', namespace } });
      const path = `${collection}${labels === '' ? '' : `?labelSelector=${encodeURIComponent(labels)}`}`;
      return itemsIn<T>(await send({ method: 'GET', path }, signal), { apiVersion, kind }, path);
    },
    everythingIn: async (namespace, signal) => everythingIn(send, namespace, signal),
    async apply(manifest, { force, dryRun }: ApplyOptions, signal): Promise<Written> {
      const path = pathOf(manifest);
      const before = await metadataOf(manifest, signal);
      const query = `fieldManager=${fieldManager}&force=${force}&fieldValidation=Strict${dryRun ? '&dryRun=All' : ''}`;
      const answer = await send(
        {
          method: 'PATCH',
          path: `${path}?${query}`,
          contentType: applyPatch,
          accept: answerFor(manifest),
          body: manifest,
        },
        signal,
      );
      return writtenAs(answer, before.status === 200 ? versionOf(objectIn(before, path)) : undefined, path);
    },
    async replace(manifest: Manifest, signal): Promise<Written> {
      const path = pathOf(manifest);
      const before = await metadataOf(manifest, signal);
      const answer = await send(
        {
          method: 'PUT',
          path: `${path}?fieldManager=${labManager}&fieldValidation=Strict`,
          accept: answerFor(manifest),
          body: manifest,
        },
        signal,
      );
      return writtenAs(answer, before.status === 200 ? versionOf(objectIn(before, path)) : undefined, path);
    },
    async remove(object, signal) {
      const path = pathOf(object);
      const { uid } = object.metadata;
      const answer = await send(
        {
          method: 'DELETE',
          path,
          body: {
            apiVersion: 'v1',
            kind: 'DeleteOptions',
            propagationPolicy: 'Foreground',
            ...(uid === undefined ? {} : { preconditions: { uid } }),
          },
        },
        signal,
      );
      // Another object may have taken the name meanwhile, and that one is not ours.
      if (isAbsent(answer) || (answer.status === 409 && /Precondition failed/.test(messageIn(answer)))) return false;
      // The object as it is while it goes, or a Status that says it is gone.
      if (answer.status >= 300 || typeof bodyOf(answer)['kind'] !== 'string') throw refused(answer, path);
      return true;
    },
    async log({ namespace, pod, container }, signal) {
      const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?container=${container}&limitBytes=65536`;
      const answer = await send({ method: 'GET', path, accept: '*/*' }, signal);
      if (answer.status !== 200) throw refused(answer, path);
      return answer.body;
    },
    getHttp: (target, path, signal) => getThroughForward(connection, target, path, signal),
    exchange: (target, request, isComplete, signal) =>
      exchangeThroughForward(connection, target, request, isComplete, signal),
  };
}

type Sender = (request: Request, signal: AbortSignal) => Promise<Exchange>;

/** Sends with the connection's own credentials, within the time that a request may take. All we send may be sent twice. */
function senderFor(connection: Connection, warn: (text: string) => void): Sender {
  const warned = new Set<string>();
  const once = async (asked: Request, signal: AbortSignal): Promise<Exchange> => {
    const { answer, credentials } = await request(connection, asked, signal);
    if (answer.status === 401) throw unauthorized(connection, credentials);
    // What it warns of when we merely look is none of the person's business.
    for (const text of asked.method === 'GET' ? [] : warningsIn(answer)) {
      if (!warned.has(text)) warn(text);
      warned.add(text);
    }
    return answer;
  };
  const persevere = async (wanted: Request, deadline: number, signal: AbortSignal): Promise<Exchange> => {
    let reconnected = false;
    for (let asked = 1; ;) {
      try {
        const answer = await once(wanted, signal);
        const wait = patienceFor(answer, asked, deadline);
        if (wait === undefined) return answer;
        asked += 1;
        await delay(wait, undefined, { signal });
      } catch (error) {
        if (signal.aborted || reconnected || !isLost(error)) throw error;
        reconnected = true;
      }
    }
  };
  const send = async (request: Request, signal: AbortSignal): Promise<Exchange> => {
    const { requestTimeout } = connection;
    const clock = new AbortController();
    const timer =
      requestTimeout > 0
        ? setTimeout(() => clock.abort(new RequestTimeout(requestTimeout)), requestTimeout)
        : undefined;
    try {
      const deadline = requestTimeout > 0 ? Date.now() + requestTimeout : Number.POSITIVE_INFINITY;
      return await persevere(request, deadline, AbortSignal.any([signal, clock.signal]));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw explainConnection(clock.signal.aborted ? clock.signal.reason : error, connection);
    } finally {
      clearTimeout(timer);
    }
  };
  return send;
}

/** `Warning: 299 - "text"`, as admission sends it. */
const warningsIn = ({ headers }: Exchange): readonly string[] =>
  [...(typeof headers['warning'] === 'string' ? headers['warning'] : '').matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(
    ([, text = '']) => text.replaceAll(/\\(.)/g, '$1'),
  );

function writtenAs(answer: Exchange, versionBefore: string | undefined, path: string): Written {
  if (answer.status === 409) {
    const { causes } = recordIn(bodyOf(answer)['details']);
    const fields = (Array.isArray(causes) ? causes : [])
      .map(recordIn)
      .filter(({ reason }) => reason === 'FieldManagerConflict')
      .map(({ message, field }) => ({
        manager: /"([^"]*)"/.exec(String(message))?.[1] ?? 'somebody',
        path: typeof field === 'string' ? field.replace(/^\./, '') : '',
      }));
    if (fields.length > 0) return { state: 'conflict', fields };
  }
  if (answer.status !== 200 && answer.status !== 201)
    return { state: 'refused', status: answer.status, message: messageIn(answer) };
  const object = objectIn(answer, path);
  const state =
    versionBefore === undefined ? 'created' : versionBefore === versionOf(object) ? 'unchanged' : 'configured';
  return { state, object };
}

const versionOf = ({ metadata }: KubeObject): string =>
  (metadata as { readonly resourceVersion?: string }).resourceVersion ?? '';

const isSecret = ({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): boolean =>
  kind === 'Secret' && groupOf(apiVersion) === '';

const applyPatch = 'application/apply-patch+yaml';

/** What is in a Secret is never sent to us, not even as the answer to a write. */
const answerFor = (manifest: Manifest): string => (isSecret(manifest) ? partialObject : 'application/json');

/**
 * Whose a Secret is, without reading it: the answer to an apply that applies nothing and, as a dry run, would change nothing. Whoever runs us
 * needs no permission to get or list Secrets. 404 where there is none.
 */
async function metadataOfSecret(
  send: Sender,
  { apiVersion, kind, metadata: { name, namespace } }: ObjectName,
  signal: AbortSignal,
): Promise<Exchange> {
  const nothing = { apiVersion, kind, metadata: { name, namespace } };
  const answer = await send(
    {
      method: 'PATCH',
      path: `${pathOf(nothing as ObjectName)}?fieldManager=svcdoctor-look&dryRun=All`,
      contentType: applyPatch,
      accept: partialObject,
      body: nothing,
    },
    signal,
  );
  return answer.status === 201 ? { ...answer, status: 404, body: JSON.stringify({ details: { name } }) } : answer;
}

const partialObject = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const partialList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** Everything in a namespace but Secrets, of every kind that the server serves, and which kinds could not be listed; what is in the objects is not sent. */
async function everythingIn(send: Sender, namespace: string, signal: AbortSignal): Promise<Everything> {
  const { kinds, unseen } = await servedKinds(send, signal);
  const lists = await Promise.all(
    kinds.map(async ({ apiVersion, kind, resource }) => {
      const path = `${rootOf(apiVersion)}/namespaces/${namespace}/${resource}`;
      const answer = await send({ method: 'GET', path, accept: partialList }, signal);
      try {
        return { objects: itemsIn<KubeObject>(answer, { apiVersion, kind }, path), unseen: [] };
      } catch {
        return { objects: [], unseen: [`${resource} (${apiVersion})`] };
      }
    }),
  );
  return {
    objects: lists.flatMap(({ objects }) => objects),
    unseen: [...unseen, ...lists.flatMap(({ unseen }) => unseen)],
  };
}

interface ServedKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
}

/** The kinds that live in namespaces, and the groups of which nobody could tell. */
async function servedKinds(
  send: Sender,
  signal: AbortSignal,
): Promise<{ readonly kinds: readonly ServedKind[]; readonly unseen: readonly string[] }> {
  const answer = await send({ method: 'GET', path: '/apis' }, signal);
  const { groups } = bodyOf(answer);
  if (answer.status !== 200 || !Array.isArray(groups)) throw refused(answer, '/apis');
  const versions = groups.map((group) => recordIn(recordIn(group)['preferredVersion'])['groupVersion']);
  const served = await Promise.all(
    ['v1', ...versions.filter((version) => typeof version === 'string')].map(async (apiVersion) => {
      const answer = await send({ method: 'GET', path: rootOf(apiVersion) }, signal);
      const { resources } = bodyOf(answer);
      if (answer.status !== 200 || !Array.isArray(resources))
        return { kinds: [], unseen: [`everything of ${apiVersion}`] };
      const kinds = resources
        .map(recordIn)
        .flatMap(({ name, kind, namespaced, verbs }): readonly ServedKind[] =>
          typeof name === 'string' &&
          typeof kind === 'string' &&
          namespaced === true &&
          !name.includes('/') &&
          Array.isArray(verbs) &&
          verbs.includes('list')
            ? [{ apiVersion, kind, resource: name }]
            : [],
        );
      return { kinds: kinds.filter((served) => !isSecret(served)), unseen: [] };
    }),
  );
  return { kinds: served.flatMap(({ kinds }) => kinds), unseen: served.flatMap(({ unseen }) => unseen) };
}

const rootOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;

function pathOf({ apiVersion, kind, metadata: { name, namespace } }: ObjectName): string {
  const resource = isSecret({ apiVersion, kind }) ? 'secrets' : resourceOf({ apiVersion, kind })?.resource;
  // Kinds that only a look at everything finds are deleted by nobody but their namespace.
  if (resource === undefined) throw new Error(`no resource is known for ${apiVersion} ${kind}`);
  return [
    rootOf(apiVersion),
    ...(kind === 'Namespace' || namespace === undefined ? [] : ['namespaces', encodeURIComponent(namespace)]),
    resource,
    ...(name === '' ? [] : [encodeURIComponent(name)]),
  ].join('/');
}

/** A 404 that names the object. Any other is of something that knows nothing of it. */
const isAbsent = (answer: Exchange): boolean =>
  answer.status === 404 && typeof recordIn(bodyOf(answer)['details'])['name'] === 'string';

function objectIn(answer: Exchange, path: string): KubeObject {
  const body = bodyOf(answer);
  const misfit = misfitIn(body);
  if (answer.status >= 300 || misfit !== undefined) throw refused(answer, path, misfit);
  return body as unknown as KubeObject;
}

/** The items of a list, each told what it is. Anything else that was sent is no list, and above all no empty one. */
function itemsIn<T extends KubeObject>(
  answer: Exchange,
  is: { readonly apiVersion: string; readonly kind: string },
  path: string,
): readonly T[] {
  const { kind, items } = bodyOf(answer);
  if (
    answer.status >= 300 ||
    typeof kind !== 'string' ||
    !kind.endsWith('List') ||
    !(Array.isArray(items) || items === null)
  )
    throw refused(answer, path, 'it is no list');
  const objects = (items ?? []).map((item: unknown) => ({ ...recordIn(item), ...is }));
  const [misfit] = objects.flatMap(
    (object) => misfitIn(kind.startsWith('Partial') ? { ...object, kind } : object) ?? [],
  );
  if (misfit !== undefined) throw refused(answer, path, misfit);
  return objects as unknown as readonly T[];
}

/** Why an answer is none; where the server says 200 all the same, what is wrong with it. */
function refused(answer: Exchange, path: string, misfit?: string): UserError {
  const message =
    answer.status < 300 ? `what it answers is no Kubernetes object${misfit ? `: ${misfit}` : ''}` : messageIn(answer);
  return answer.status === 403
    ? new UserError('forbidden', `you may not do that: ${message}`, {
        hint: 'kubectl auth can-i --list shows what you may do; ask whoever runs the cluster for the rest',
      })
    : new UserError('refused', `the API server refuses ${path.split('?')[0]}: ${message}`, {
        hint: 'kubectl version shows whether kubectl gets through',
      });
}

function messageIn(answer: Exchange): string {
  const { message } = bodyOf(answer);
  return typeof message === 'string' ? message : `it answered ${answer.status}, which is not Kubernetes`;
}

/** The fields of the object in a body; none where it holds no object. */
function bodyOf({ body }: Exchange): Readonly<Record<string, unknown>> {
  try {
    return recordIn(JSON.parse(body));
  } catch {
    return {};
  }
}

const recordIn = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
