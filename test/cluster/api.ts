import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';

/**
 * The few HTTP verbs the tests need, straight to the API server: kubectl takes a tenth of a second per call, this a
 * few milliseconds, and it can write the `status` that belongs to kubelets. It shares no code with what it tests.
 */
export interface Api {
  get<T = unknown>(path: string): Promise<T>;
  list<T>(path: string): Promise<T[]>;
  create<T>(path: string, object: object): Promise<T>;
  /** A merge patch: maps are merged, lists are replaced, null removes. */
  patch<T>(path: string, patch: object): Promise<T>;
  /** Calls back for every change from now on; returns when the API server ends the watch, as it does now and then. */
  watch(path: string, changed: () => void): Promise<void>;
  /** At once, as if the kubelet had confirmed it; what is not there counts as deleted. */
  remove(path: string): Promise<void>;
}

/** An answer of 400 or above, with the API server's own words. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** A client for the current context of a kubeconfig that `startControlPlane` has written. */
export async function apiOf(kubeconfig: string): Promise<Api> {
  const { server, serverName, ca, token } = credentials(parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig);
  const agent = new Agent({ keepAlive: true, ca, ...(serverName && { servername: serverName }) });

  const send = <T>(method: string, path: string, body?: object, type = 'application/json'): Promise<T> =>
    new Promise((resolve, reject) => {
      const content = body === undefined ? '' : JSON.stringify(body);
      const headers = {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        'content-type': type,
        // Node frames no body of a DELETE by itself: the server would take it for the start of the next request.
        'content-length': Buffer.byteLength(content),
      };
      const asked = request(new URL(path, server), { method, agent, headers, timeout: 10_000 }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          if (status >= 400) reject(new ApiError(status, `${method} ${path}: ${status} ${messageIn(text)}`));
          else resolve((text.startsWith('{') ? JSON.parse(text) : text) as T);
        });
      });
      asked.on('error', reject);
      asked.on('timeout', () => asked.destroy(new Error(`${method} ${path}: no answer within 10 s`)));
      asked.end(content);
    });

  const watch = (path: string, changed: () => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const url = new URL(`${path}?watch=true`, server);
      const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
      request(url, { agent, headers }, (response) => {
        response.on('data', changed).on('error', reject).on('end', resolve);
        if ((response.statusCode ?? 0) >= 400) reject(new ApiError(response.statusCode ?? 0, `watch ${path}`));
      })
        .on('error', reject)
        .end();
    });

  return {
    get: (path) => send('GET', path),
    list: async <T>(path: string) => (await send<{ items: T[] | null }>('GET', path)).items ?? [],
    watch,
    create: (path, object) => send('POST', path, object),
    patch: (path, patch) => send('PATCH', path, patch, 'application/merge-patch+json'),
    remove: async (path) => {
      await send('DELETE', path, { gracePeriodSeconds: 0, propagationPolicy: 'Background' }).catch((error: unknown) => {
        if (!(error instanceof ApiError && error.status === 404)) throw error;
      });
    },
  };
}

interface Kubeconfig {
  readonly clusters: readonly {
    cluster: { server: string; 'certificate-authority-data': string; 'tls-server-name'?: string };
  }[];
  readonly users: readonly { name: string; user: { token: string } }[];
  readonly 'current-context': string;
}

interface Credentials {
  readonly server: string;
  /** The name in the server's certificate, where it is not that of `server`. */
  readonly serverName: string | undefined;
  readonly ca: Buffer;
  readonly token: string;
}

function credentials(config: Kubeconfig): Credentials {
  const cluster = config.clusters[0]?.cluster;
  const user = config.users.find(({ name }) => name === config['current-context'])?.user;
  if (!cluster || !user) throw new Error('not a kubeconfig of the test cluster');
  return {
    server: cluster.server,
    serverName: cluster['tls-server-name'],
    ca: Buffer.from(cluster['certificate-authority-data'], 'base64'),
    token: user.token,
  };
}

function messageIn(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body;
  } catch {
    return body;
  }
}
