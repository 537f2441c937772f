import http from 'node:http';
import https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApplyOptions, DemoCluster, Looked, Manifest, ObjectName, Written } from '../demo/cluster.ts';
import type { KubeObject } from '../k8s/objects.ts';
import { groupOf, resourceOf } from '../k8s/resources.ts';
import { UserError } from '../snapshot/user-error.ts';
import type { Connection } from './connect.ts';
import { codeOf, explainConnection, RequestTimeout } from './connection-error.ts';
import type { Credentials } from './credentials.ts';
import { exchangeThroughForward, getThroughForward } from './forward.ts';

/** Who we are to server-side apply: the owner of the fields that we set, and whoever changes them for the lab. */
const fieldManager = 'svcdoctor';
const labManager = 'svcdoctor-lab';

/** Reads and writes as the demo asks, over a connection that its owner closes. */
export function demoClusterOf(connection: Connection, warn: (text: string) => void): DemoCluster {
  const send = senderFor(connection, warn);
  const metadataOf = async (name: ObjectName, signal: AbortSignal): Promise<Answer> =>
    isSecret(name)
      ? metadataOfSecret(send, name, signal)
      : send({ method: 'GET', path: pathOf(name), accept: partialObject }, signal);
  return {
    async look(name, signal): Promise<Looked<KubeObject>> {
      const answer = await metadataOf(name, signal);
      if (answer.status === 404) return { state: 'absent' };
      if (answer.status === 403) return { state: 'forbidden', message: messageIn(answer) };
      const { apiVersion, kind } = name;
      return { state: 'found', object: { ...objectIn(answer, pathOf(name)), apiVersion, kind } };
    },
    async get<T extends KubeObject>(name: ObjectName, signal: AbortSignal) {
      const answer = await send({ method: 'GET', path: pathOf(name) }, signal);
      return answer.status === 404 ? undefined : (objectIn(answer, pathOf(name)) as T);
    },
    async list<T extends KubeObject>(
      { apiVersion, kind }: { apiVersion: string; kind: string },
      namespace: string,
      labels: string,
      signal: AbortSignal,
    ) {
      const collection = pathOf({ apiVersion, kind, metadata: { name: '', namespace } });
      const path = `${collection}${labels === '' ? '' : `?labelSelector=${encodeURIComponent(labels)}`}`;
      const { items = [] } = objectIn(await send({ method: 'GET', path }, signal), path) as { items?: readonly T[] };
      return items.map((item) => ({ ...item, apiVersion, kind }));
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
      // 409: another object took the name meanwhile, and that one is not ours.
      if (answer.status === 404 || answer.status === 409) return false;
      objectIn(answer, path);
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

interface Request {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: unknown;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

type Sender = (request: Request, signal: AbortSignal) => Promise<Answer>;

/** How often a server that asks for patience is given it. */
const patience = 4;

/** Sends with the connection's own credentials, within the time that a request may take. All we send may be sent twice. */
function senderFor(connection: Connection, warn: (text: string) => void): Sender {
  const warned = new Set<string>();
  const once = async (request: Request, credentials: Credentials, signal: AbortSignal): Promise<Answer> => {
    const answer = await exchange(connection, request, credentials, signal);
    // What it warns of when we merely look is none of the person's business.
    for (const text of request.method === 'GET' ? [] : warningsIn(answer)) {
      if (!warned.has(text)) warn(text);
      warned.add(text);
    }
    return answer;
  };
  const persevere = async (request: Request, signal: AbortSignal): Promise<Answer> => {
    let rejected: Credentials | undefined;
    let reconnected = false;
    for (let asked = 1; ;) {
      try {
        const credentials = await connection.credentials(rejected, signal);
        const answer = await once(request, credentials, signal);
        if (answer.status === 401 && rejected === undefined) {
          rejected = credentials;
          continue;
        }
        if (answer.status === 401)
          throw new UserError(
            'unauthorized',
            `the API server rejects the credentials of context ${connection.context}`,
            {
              hint: 'log in again, or fetch the kubeconfig again; kubectl auth whoami shows whether kubectl is let in',
            },
          );
        if ((answer.status !== 429 && answer.status !== 503) || asked >= patience) return answer;
        asked += 1;
        const seconds = Number(answer.headers['retry-after'] ?? 1);
        await delay(Math.min(Number.isFinite(seconds) ? seconds * 1000 : 1000, 5000), undefined, { signal });
      } catch (error) {
        if (signal.aborted || reconnected || !/^(ECONNRESET|EPIPE)$/.test(codeOf(error) ?? '')) throw error;
        reconnected = true;
      }
    }
  };
  const send = async (request: Request, signal: AbortSignal): Promise<Answer> => {
    const { requestTimeout } = connection;
    const clock = new AbortController();
    const timer =
      requestTimeout > 0
        ? setTimeout(() => clock.abort(new RequestTimeout(requestTimeout)), requestTimeout)
        : undefined;
    try {
      return await persevere(request, AbortSignal.any([signal, clock.signal]));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw explainConnection(clock.signal.aborted ? clock.signal.reason : error, connection);
    } finally {
      clearTimeout(timer);
    }
  };
  return send;
}

function exchange(
  { server, userAgent, transport }: Connection,
  { method, path, accept = 'application/json', contentType = 'application/json', body }: Request,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const { request } = server.protocol === 'https:' ? https : http;
  const url = new URL(`${server.pathname.replace(/\/$/, '')}${path}`, server);
  const headers = {
    ...credentials.headers,
    'user-agent': userAgent,
    accept,
    ...(text === undefined ? {} : { 'content-type': contentType, 'content-length': String(Buffer.byteLength(text)) }),
  };
  // Reading shares one connection; a poll twice a second should not shake hands each time.
  if (method === 'GET') return transport.get(path, headers, signal);
  return new Promise((resolve, reject) => {
    request(url, { method, headers, signal, agent: transport.agent() }, (response) => {
      let received = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (received += chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: received }),
      );
    })
      .once('error', reject)
      .end(text);
  });
}

/** `Warning: 299 - "text"`, as admission sends it. */
const warningsIn = ({ headers }: Answer): readonly string[] =>
  [...(typeof headers['warning'] === 'string' ? headers['warning'] : '').matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(
    ([, text = '']) => text.replaceAll(/\\(.)/g, '$1'),
  );

interface StatusBody {
  readonly message?: string;
  readonly details?: {
    readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
  };
}

function writtenAs(answer: Answer, versionBefore: string | undefined, path: string): Written {
  if (answer.status === 409) {
    const causes = (parsed(answer) as StatusBody | undefined)?.details?.causes ?? [];
    const fields = causes
      .filter(({ reason }) => reason === 'FieldManagerConflict')
      .map(({ message = '', field = '' }) => ({
        manager: /"([^"]*)"/.exec(message)?.[1] ?? 'somebody',
        path: field.replace(/^\./, ''),
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
): Promise<Answer> {
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
  return answer.status === 201 ? { ...answer, status: 404 } : answer;
}

const partialObject = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const partialList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** Everything in a namespace but Secrets, of every kind that the server serves and we may list; what is in the objects is not sent. */
async function everythingIn(send: Sender, namespace: string, signal: AbortSignal): Promise<readonly KubeObject[]> {
  const kinds = await servedKinds(send, signal);
  const lists = await Promise.all(
    kinds.map(async ({ apiVersion, kind, resource }) => {
      const path = `${rootOf(apiVersion)}/namespaces/${namespace}/${resource}`;
      const answer = await send({ method: 'GET', path, accept: partialList }, signal);
      const { items } = (answer.status === 200 ? parsed(answer) : {}) as { items?: readonly KubeObject[] | null };
      return (items ?? []).map((item) => ({ ...item, apiVersion, kind }));
    }),
  );
  return lists.flat();
}

interface ServedKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
}

async function servedKinds(send: Sender, signal: AbortSignal): Promise<readonly ServedKind[]> {
  const { groups = [] } = objectIn(await send({ method: 'GET', path: '/apis' }, signal), '/apis') as {
    groups?: readonly { readonly preferredVersion?: { readonly groupVersion: string } }[];
  };
  const versions = ['v1', ...groups.flatMap(({ preferredVersion }) => preferredVersion?.groupVersion ?? [])];
  const served = await Promise.all(
    versions.map(async (apiVersion) => {
      const answer = await send({ method: 'GET', path: rootOf(apiVersion) }, signal);
      const { resources = [] } = (answer.status === 200 ? parsed(answer) : {}) as {
        resources?: readonly { name: string; kind: string; namespaced: boolean; verbs?: readonly string[] }[];
      };
      return resources
        .filter(({ name, namespaced, verbs = [] }) => namespaced && !name.includes('/') && verbs.includes('list'))
        .map(({ name, kind }) => ({ apiVersion, kind, resource: name }))
        .filter((served) => !isSecret(served));
    }),
  );
  return served.flat();
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

function objectIn(answer: Answer, path: string): KubeObject {
  const body = parsed(answer);
  if (answer.status >= 300 || body === undefined) throw refused(answer, path);
  return body as KubeObject;
}

function refused(answer: Answer, path: string): UserError {
  const message = messageIn(answer);
  return answer.status === 403
    ? new UserError('forbidden', `you may not do that: ${message}`, {
        hint: 'kubectl auth can-i --list shows what you may do; ask whoever runs the cluster for the rest',
      })
    : new UserError('refused', `the API server refuses ${path.split('?')[0]}: ${message}`, {
        hint: 'kubectl version shows whether kubectl gets through',
      });
}

const messageIn = (answer: Answer): string =>
  (parsed(answer) as StatusBody | undefined)?.message ?? `it answered ${answer.status}, which is not Kubernetes`;

function parsed({ body }: Answer): unknown {
  try {
    const value = JSON.parse(body) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
