import type { Listed, Refused, Topic, WatchEnd, Watcher, WatchEvent, WatchListener } from '../gate/watcher.ts';
import type { KubeObject } from '../k8s/objects.ts';
import { misfitIn } from '../k8s/shapes.ts';
import { UserError } from '../snapshot/user-error.ts';
import type { Connection } from './connect.ts';
import { answered, type Credentials } from './credentials.ts';
import { ask, commonHeaders, isList, reduced, unauthorized } from './read.ts';
import type { Streamed } from './transport.ts';

const pageSize = 500;

/** How much later than agreed a server may end a watch, in milliseconds: from then on its silence is no calm. */
const grace = 3_000;

/** Watches the cluster at the other end of a connection, over the same pool of connections as its Reader. */
export function watcherOf(connection: Connection): Watcher {
  return {
    list: (topic, signal) => listTopic(connection, topic, signal),
    watch: (topic, resourceVersion, seconds, listener, signal) =>
      watchTopic(connection, pathOf(topic, watchQuery(resourceVersion, seconds)), seconds, listener, signal),
  };
}

interface Body {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly message?: string;
  readonly code?: number;
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
  readonly items?: readonly KubeObject[] | null;
}

async function listTopic(connection: Connection, topic: Topic, signal: AbortSignal): Promise<Listed> {
  const objects: KubeObject[] = [];
  let page: Readonly<Record<string, string>> = { limit: String(pageSize) };
  for (;;) {
    const path = pathOf(topic, page);
    const { status, body: text } = await ask(connection, path, 'application/json', signal);
    const body = parsed(text);
    if (status === 410 && page['limit'] !== '0') {
      // The list changed for longer than the server remembers: once more, in one piece.
      objects.length = 0;
      page = { limit: '0' };
      continue;
    }
    if (status !== 200 || !isList(body)) return refusal(status, body, path);
    const kind = { apiVersion: body.apiVersion, kind: body.kind.replace(/List$/, '') };
    for (const item of body.items ?? []) {
      const object = { ...kind, ...item };
      const misfit = misfitIn(object);
      if (misfit !== undefined) return notAnObject(path, misfit);
      objects.push(reduced(object));
    }
    const { continue: next, resourceVersion } = body.metadata ?? {};
    if (typeof resourceVersion !== 'string') return refusal(status, body, path);
    if (!next) return { state: 'read', objects, resourceVersion };
    page = { limit: String(pageSize), continue: next };
  }
}

const watchQuery = (resourceVersion: string, seconds: number): Readonly<Record<string, string>> => ({
  watch: 'true',
  allowWatchBookmarks: 'true',
  resourceVersion,
  timeoutSeconds: String(seconds),
});

function pathOf(
  { resource, version, namespace, labelSelector, fieldSelector }: Topic,
  query: Readonly<Record<string, string>>,
): string {
  const place = [
    resource.group === '' ? '/api' : `/apis/${resource.group}`,
    version,
    ...(namespace === undefined ? [] : ['namespaces', encodeURIComponent(namespace)]),
    resource.resource,
  ].join('/');
  const parameters = new URLSearchParams({
    ...query,
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  });
  return `${place}?${parameters.toString()}`;
}

async function watchTopic(
  connection: Connection,
  path: string,
  seconds: number,
  listener: WatchListener,
  signal: AbortSignal,
): Promise<WatchEnd> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), seconds * 1000 + grace);
  try {
    const answer = await opened(connection, path, AbortSignal.any([signal, silence.signal]));
    if (answer.status !== 200) return await endOf(answer, path);
    listener.opened();
    for await (const line of linesOf(answer.chunks)) {
      const event = parsed(line) as { readonly type?: unknown; readonly object?: KubeObject & Body } | undefined;
      if (typeof event?.type !== 'string' || !event.object) return cut(noWatch);
      if (event.type === 'ERROR') return errorOf(event.object, path);
      // A bookmark holds a resourceVersion and nothing else.
      const misfit = event.type === 'BOOKMARK' ? undefined : misfitIn(event.object);
      if (misfit !== undefined) return cut(`${noWatch}: ${misfit}`);
      listener.event({ type: event.type as WatchEvent['type'], object: reduced(event.object) });
    }
    return { end: 'over' };
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (silence.signal.aborted) return cut('the watch went silent');
    return cut(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  } finally {
    clearTimeout(timer);
  }
}

const noWatch = 'what the server sends is no watch';

const notAnObject = (path: string, misfit: string): Refused => ({
  state: 'failed',
  detail: `${path.split('?')[0]}: the server answered with an object that is none: ${misfit}`,
});

const cut = (detail: string): WatchEnd => ({ end: 'cut', detail });

/** Opens the stream. */
async function opened(connection: Connection, path: string, signal: AbortSignal): Promise<Streamed> {
  const open = ({ headers }: Credentials) =>
    connection.transport.stream(
      path,
      {
        ...headers,
        ...commonHeaders(connection),
        // Compressed, an event would wait for the next ones.
        'accept-encoding': 'identity',
        accept: 'application/json',
      },
      signal,
    );
  const { answer, credentials } = await answered(connection.credentials, open, signal);
  if (answer.status === 401) throw unauthorized(connection, credentials);
  return answer;
}

/** What an answer other than a stream of events means. */
async function endOf({ status, headers, chunks }: Streamed, path: string): Promise<WatchEnd> {
  let text = '';
  for await (const chunk of chunks) {
    text += chunk.toString('utf8');
    if (text.length > maxLineLength) break;
  }
  if (status === 429 || status === 503) return { end: 'busy', milliseconds: patienceOf(headers['retry-after']) };
  return errorOf({ ...parsed(text), code: status }, path);
}

function errorOf(body: Body, path: string): WatchEnd {
  const { code = 0 } = body;
  if (code === 410) return { end: 'expired' };
  if (code === 429 || code === 503) return { end: 'busy', milliseconds: 1_000 };
  return { end: 'refused', ...refusal(code, body, path) };
}

function refusal(status: number, body: Body | undefined, path: string): Refused {
  const [place = ''] = path.split('?');
  const detail = body?.message ?? `${place}: the server answered ${status}, which is not Kubernetes`;
  if (status === 403) return { state: 'forbidden', detail };
  // An API server says so in words of its own; a 404 of anything else says nothing.
  return { state: status === 404 && body?.message !== undefined ? 'notServed' : 'failed', detail };
}

/** Retry-After in milliseconds; a quarter of a minute at most, so that a wait with a deadline still gets somewhere. */
function patienceOf(retryAfter: string | string[] | undefined): number {
  const seconds = Number(retryAfter ?? 1);
  return Math.min((Number.isFinite(seconds) && seconds >= 0 ? seconds : 1) * 1000, 15_000);
}

/** Characters; an object is at most a megabyte and a half. */
const maxLineLength = 16 * 1024 * 1024;

/** The lines of a stream; one that breaks off in the middle is left out. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxLineLength) throw new Error(noWatch);
    for (const line of lines) if (line.trim() !== '') yield line;
  }
}

function parsed(text: string): Body | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
