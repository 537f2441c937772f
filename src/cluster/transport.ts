import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { isIP } from 'node:net';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { RequestHeaders } from './credentials.ts';

/** Certificates and names for TLS, in PEM. */
export interface TlsIdentity {
  readonly ca?: Buffer | string;
  readonly cert?: Buffer | string;
  readonly key?: Buffer | string;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
}

export interface Exchange {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** One pool of connections to one server. A closed connection is opened anew by the next request. */
export interface Transport {
  get(path: string, headers: RequestHeaders, signal: AbortSignal): Promise<Exchange>;
  close(): void;
}

/** A page holds 500 objects; what is larger than this is no answer of an API server. */
const maxBodyBytes = 256 * 1024 * 1024;

/**
 * Many requests at once over one TLS connection where the server speaks HTTP/2, as every API server does; over a few kept-alive ones where
 * something in front of it does not. One handshake instead of thirty: a third of the time on loopback, and round trips saved elsewhere.
 */
export function directTransport(server: URL, identity: TlsIdentity): Transport {
  let session: Promise<http2.ClientHttp2Session | undefined> | undefined;
  let fallback: Transport | undefined;
  const connected = (signal: AbortSignal) =>
    (session ??= openSession(server, identity, signal).catch((error: unknown) => {
      session = undefined;
      throw error;
    }));
  return {
    async get(path, headers, signal) {
      if (fallback) return fallback.get(path, headers, signal);
      let open = await connected(signal);
      if (open && (open.closed || open.destroyed)) {
        session = undefined;
        open = await connected(signal);
      }
      if (open) return getOverHttp2(open, withBase(server, path), headers, signal);
      fallback ??= agentTransport(server, new https.Agent({ ...identity, ...pool }));
      return fallback.get(path, headers, signal);
    },
    close() {
      fallback?.close();
      session?.then(
        (open) => open?.destroy(),
        () => {},
      );
    },
  };
}

const pool = { keepAlive: true, maxSockets: 16 };

/** Over plain HTTP, for a server such as `kubectl proxy`. */
export const plainTransport = (server: URL): Transport => agentTransport(server, new http.Agent(pool));

/** Over the connections of an agent, which may lead through a proxy. */
export function agentTransport(server: URL, agent: http.Agent): Transport {
  Object.assign(agent, pool);
  const { request } = server.protocol === 'https:' ? https : http;
  return {
    get: (path, headers, signal) =>
      new Promise((resolve, reject) => {
        request(new URL(withBase(server, path), server), { agent, headers, signal }, (response) => {
          const { statusCode = 0 } = response;
          collect(response, response.headers).then(
            (body) => resolve({ status: statusCode, headers: response.headers, body }),
            reject,
          );
        })
          .on('error', reject)
          .end();
      }),
    close: () => agent.destroy(),
  };
}

/** An HTTP/2 session; undefined where the server chose HTTP/1.1. */
async function openSession(
  server: URL,
  identity: TlsIdentity,
  signal: AbortSignal,
): Promise<http2.ClientHttp2Session | undefined> {
  const socket = await openSocket(server, identity, signal);
  if (socket.alpnProtocol !== 'h2') {
    socket.destroy();
    return undefined;
  }
  const session = http2.connect(server, {
    createConnection: () => socket,
    // The default of 64 KiB would make a large list wait for one round trip every 64 KiB.
    settings: { initialWindowSize: 8 * 1024 * 1024, enablePush: false },
  });
  session.on('connect', () => session.setLocalWindowSize(64 * 1024 * 1024));
  // What goes wrong with the session, each of its requests tells.
  session.on('error', () => {});
  return session;
}

function openSocket(server: URL, identity: TlsIdentity, signal: AbortSignal): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const host = server.hostname.replace(/^\[|\]$/g, '');
    const socket = tls.connect({
      host,
      port: Number(server.port || 443),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...identity,
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    const abort = () => socket.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', reject);
    socket.once('close', () => reject(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })));
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', abort);
      resolve(socket);
    });
  });
}

function getOverHttp2(
  session: http2.ClientHttp2Session,
  path: string,
  headers: RequestHeaders,
  signal: AbortSignal,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path, ...headers }, { signal });
    const closed = () => reject(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }));
    stream.once('response', (answer) => {
      stream.off('close', closed);
      collect(stream, answer).then(
        (body) => resolve({ status: Number(answer[':status']), headers: answer, body }),
        reject,
      );
    });
    stream.once('error', reject);
    stream.once('close', closed);
  });
}

/** A server may live below a path, as behind Rancher: https://rancher.example/k8s/clusters/c-1. */
const withBase = (server: URL, path: string): string => `${server.pathname.replace(/\/$/, '')}${path}`;

async function collect(
  stream: AsyncIterable<Buffer>,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new Error(`an answer larger than ${maxBodyBytes / 1024 / 1024} MB`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (headers['content-encoding'] !== 'gzip') return body.toString('utf8');
  return (await promisify(gunzip)(body, { maxOutputLength: maxBodyBytes })).toString('utf8');
}
