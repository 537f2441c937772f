import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { answerTooLarge } from './connection-error.ts';
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
  /** Empty where it is no text. */
  readonly body: string;
  /** Where the server says that it answers in protobuf. */
  readonly protobuf?: Buffer;
}

/** One pool of connections to one server. A closed connection is opened anew by the next request. */
export interface Transport {
  get(path: string, headers: RequestHeaders, signal: AbortSignal): Promise<Exchange>;
  /** An answer that goes on: its body comes in pieces, and may break off like the end it is not. Not for compressed answers. */
  stream(path: string, headers: RequestHeaders, signal: AbortSignal): Promise<Streamed>;
  /** Changes the protocol on a connection of its own, over HTTP/1.1. An answer is a server that does not want to. */
  upgrade(path: string, headers: RequestHeaders, signal: AbortSignal): Promise<Upgraded | Exchange>;
  /** For requests that are not GETs, over HTTP/1.1: reading is all that this interface itself can do. */
  agent(): http.Agent;
  close(): void;
}

export interface Streamed {
  readonly status: number;
  readonly headers: Exchange['headers'];
  /** Throws where the connection breaks, as far as that can be told. */
  readonly chunks: AsyncIterable<Buffer>;
}

/** A connection that speaks another protocol now, and what of it came together with the answer. */
export interface Upgraded {
  readonly status: 101;
  readonly socket: Duplex;
  readonly headers: http.IncomingHttpHeaders;
  readonly head: Uint8Array;
}

/** A page holds 500 objects; what is larger than this is no answer of an API server. */
const maxBodyBytes = 128 * 1024 * 1024;

/** And all that is just coming in may not be larger than this together. */
const maxHeldBytes = 256 * 1024 * 1024;

/** Counts the bytes that answers on their way hold in memory. */
interface Hold {
  bytes: number;
}

/**
 * Many requests at once over one TLS connection where the server speaks HTTP/2, as every API server does; over a few kept-alive ones where
 * something in front of it does not. One handshake instead of thirty: a third of the time on loopback, and round trips saved elsewhere.
 */
export function directTransport(server: URL, identity: TlsIdentity): Transport {
  let session: Promise<Line | undefined> | undefined;
  let fallback: Transport | undefined;
  let over = false;
  let upgrades: https.Agent | undefined;
  const hold: Hold = { bytes: 0 };
  const connected = (signal: AbortSignal) =>
    (session ??= openSession(server, identity, signal).catch((error: unknown) => {
      session = undefined;
      throw error;
    }));
  const agent = () => (upgrades ??= new https.Agent(identity));
  const line = async (signal: AbortSignal): Promise<Line | Transport> => {
    if (over) throw new Error('asked of a transport that is closed');
    if (fallback) return fallback;
    let asked = connected(signal);
    let open = await asked;
    if (open && (open.session.closed || open.session.destroyed)) {
      // Of many requests that lost their connection at once, the first opens a new one.
      if (session === asked) session = undefined;
      asked = connected(signal);
      open = await asked;
    }
    return open ?? (fallback ??= agentTransport(server, new https.Agent({ ...identity, ...pool })));
  };
  return {
    async get(path, headers, signal) {
      const open = await line(signal);
      return 'session' in open
        ? getOverHttp2(open, withBase(server, path), headers, hold, signal)
        : open.get(path, headers, signal);
    },
    async stream(path, headers, signal) {
      const open = await line(signal);
      return 'session' in open
        ? streamOverHttp2(open, withBase(server, path), headers, signal)
        : open.stream(path, headers, signal);
    },
    upgrade: (path, headers, signal) => upgradeOver(server, agent(), path, headers, signal),
    agent,
    close() {
      over = true;
      fallback?.close();
      upgrades?.destroy();
      session?.then(
        (open) => open?.session.destroy(),
        () => {},
      );
    },
  };
}

/** After one to two of these without a sign of life a connection counts as lost. */
const pulseMilliseconds = 3_000;

const pool = { keepAlive: true, maxSockets: 16 };

/** Over plain HTTP, for a server such as `kubectl proxy`. */
export const plainTransport = (server: URL): Transport => agentTransport(server, new http.Agent(pool));

/** Over the connections of an agent, which may lead through a proxy. */
export function agentTransport(server: URL, agent: http.Agent): Transport {
  Object.assign(agent, pool);
  const { request } = server.protocol === 'https:' ? https : http;
  const hold: Hold = { bytes: 0 };
  return {
    get: (path, headers, signal) =>
      new Promise((resolve, reject) => {
        request(new URL(withBase(server, path), server), { agent, headers, signal }, (response) => {
          exchangeOf(response, hold).then(resolve, reject);
        })
          .on('error', reject)
          .end();
      }),
    stream: (path, headers, signal) =>
      new Promise((resolve, reject) => {
        request(new URL(withBase(server, path), server), { agent, headers, signal }, (response) =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, chunks: response }),
        )
          .on('error', reject)
          .end();
      }),
    upgrade: (path, headers, signal) => upgradeOver(server, agent, path, headers, signal),
    agent: () => agent,
    close: () => agent.destroy(),
  };
}

function upgradeOver(
  server: URL,
  agent: http.Agent,
  path: string,
  headers: RequestHeaders,
  signal: AbortSignal,
): Promise<Upgraded | Exchange> {
  const { request } = server.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    request(new URL(withBase(server, path), server), { agent, headers, signal })
      .on('upgrade', ({ headers: answered }, socket, head) => resolve({ status: 101, socket, headers: answered, head }))
      .on('response', (response) => void exchangeOf(response).then(resolve, reject))
      .on('error', reject)
      .end();
  });
}

/** An HTTP/2 session, and how to tell it that something came. */
interface Line {
  readonly session: http2.ClientHttp2Session;
  readonly heard: () => void;
}

/** An HTTP/2 session; undefined where the server chose HTTP/1.1. */
async function openSession(server: URL, identity: TlsIdentity, signal: AbortSignal): Promise<Line | undefined> {
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
  session.on('connect', () => {
    // Where the first answer ends the run, it is gone again by now.
    if (!session.destroyed) session.setLocalWindowSize(64 * 1024 * 1024);
  });
  // What goes wrong with the session, each of its requests tells.
  session.on('error', () => {});
  session.setMaxListeners(0);
  socket.once('close', () => session.destroy());
  if (socket.destroyed) throw lost();
  return { session, heard: watched(session) };
}

/**
 * Gives a session up when for a while nothing came, not even the answer to a ping: Node does not notice that a connection is gone where
 * writing to it fails while it is not reading.
 */
function watched(session: http2.ClientHttp2Session): () => void {
  let silent = false;
  const heard = () => void (silent = false);
  const pulse = setInterval(() => {
    if (silent) return session.destroy(lost());
    silent = true;
    if (!session.destroyed) session.ping((error) => error ?? heard());
  }, pulseMilliseconds);
  session.once('close', () => clearInterval(pulse));
  return heard;
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
    socket.once('close', () => reject(lost()));
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', abort);
      resolve(socket);
    });
  });
}

function getOverHttp2(
  { session, heard }: Line,
  path: string,
  headers: RequestHeaders,
  hold: Hold,
  signal: AbortSignal,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path, ...headers }, { signal });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let answer: http2.IncomingHttpHeaders | undefined;
    let ended = false;
    // A stream of a session that dies may end as if all had come, or say nothing at all: only its close tells, or the session's.
    const closed = () => {
      session.off('close', closed);
      hold.bytes -= bytes;
      bytes = 0;
      if (!answer || !ended || stream.aborted || stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR)
        return reject(lost());
      const headers = answer;
      decoded(chunks, headers).then(
        (body) => resolve({ status: Number(headers[':status']), headers, ...body }),
        reject,
      );
    };
    stream.on('response', (received) => {
      answer = received;
      if (Number(received['content-length'] ?? 0) > maxBodyBytes) stream.destroy(tooLarge());
    });
    stream.on('data', (chunk: Buffer) => {
      heard();
      chunks.push(chunk);
      bytes += chunk.length;
      hold.bytes += chunk.length;
      if (bytes <= maxBodyBytes && hold.bytes <= maxHeldBytes) return;
      chunks.length = 0;
      stream.destroy(bytes > maxBodyBytes ? tooLarge() : tooMuch());
    });
    stream.on('end', () => (ended = true));
    stream.on('error', (error) => {
      session.off('close', closed);
      reject(error);
    });
    stream.on('close', closed);
    session.on('close', closed);
  });
}

function streamOverHttp2(
  { session, heard }: Line,
  path: string,
  headers: RequestHeaders,
  signal: AbortSignal,
): Promise<Streamed> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path, ...headers }, { signal });
    // A stream of a session that dies may say nothing at all: then only the session's close tells.
    const gone = () => stream.destroy(lost());
    session.once('close', gone);
    stream.once('close', () => {
      session.off('close', gone);
      reject(lost());
    });
    stream.on('error', reject);
    stream.once('response', (received) =>
      resolve({ status: Number(received[':status']), headers: received, chunks: hearing(stream, heard) }),
    );
  });
}

async function* hearing(stream: AsyncIterable<Buffer>, heard: () => void): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    heard();
    yield chunk;
  }
}

const lost = () => Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
const tooLarge = () =>
  Object.assign(new Error(`an answer larger than ${maxBodyBytes / 1024 / 1024} MB`), { code: answerTooLarge });
const tooMuch = () =>
  Object.assign(new Error(`answers larger than ${maxHeldBytes / 1024 / 1024} MB together`), { code: answerTooLarge });

/** A server may live below a path, as behind Rancher: https://rancher.example/k8s/clusters/c-1. */
const withBase = (server: URL, path: string): string => `${server.pathname.replace(/\/$/, '')}${path}`;

/** The whole of an answer over HTTP/1.1. Throws where it is cut, or too large. */
export async function exchangeOf(response: http.IncomingMessage, hold: Hold = { bytes: 0 }): Promise<Exchange> {
  const { statusCode: status = 0, headers } = response;
  const chunks: Buffer[] = [];
  let bytes = 0;
  if (Number(headers['content-length'] ?? 0) > maxBodyBytes) {
    response.destroy();
    throw tooLarge();
  }
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      hold.bytes += chunk.length;
      if (bytes > maxBodyBytes) throw tooLarge();
      if (hold.bytes > maxHeldBytes) throw tooMuch();
      chunks.push(chunk);
    }
  } finally {
    hold.bytes -= bytes;
  }
  return { status, headers, ...(await decoded(chunks, headers)) };
}

async function decoded(
  chunks: readonly Buffer[],
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Promise<Pick<Exchange, 'body' | 'protobuf'>> {
  const sent = Buffer.concat(chunks);
  const bytes =
    headers['content-encoding'] === 'gzip' ? await promisify(gunzip)(sent, { maxOutputLength: maxBodyBytes }) : sent;
  return headers['content-type'] === 'application/vnd.kubernetes.protobuf'
    ? { body: '', protobuf: bytes }
    : { body: bytes.toString('utf8') };
}
