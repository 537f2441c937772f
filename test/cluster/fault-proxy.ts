import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import http2 from 'node:http2';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlane } from './record.ts';

/** What becomes of one request. */
export type Deed =
  | { readonly kind: 'pass' }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** The connection ends with a TCP reset: instead of the answer, within its head, within its body. */
  | { readonly kind: 'reset'; readonly at: 'start' | 'head' | 'body' }
  /** Nothing ever comes: no head, or no body after the head. */
  | { readonly kind: 'silence'; readonly after: 'nothing' | 'head' }
  /** The real answer, one byte a second. */
  | { readonly kind: 'drip' }
  /** Half of the real answer, as if it were all. */
  | { readonly kind: 'cut' }
  /** An answer of so many megabytes that begins like a list. */
  | { readonly kind: 'flood'; readonly megabytes: number }
  /** For a request to change the protocol: it does, and then sends these bytes, and ends or says nothing more. */
  | { readonly kind: 'upgrade'; readonly bytes: Uint8Array; readonly ends: boolean };

export interface Asked {
  readonly method: string;
  readonly path: string;
  /** How many requests came before this one. */
  readonly before: number;
  readonly token: string;
}

export type Rule = (asked: Asked) => Deed;

export const pass: Deed = { kind: 'pass' };

export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly Asked[];
}

/** What a proxy uses of the real API server: its certificate, so that clients trust it, and the rights of its admin. */
export interface Upstream {
  readonly server: URL;
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly token: string;
}

export async function upstreamOf({ state, server }: ControlPlane): Promise<Upstream> {
  const [cert, key, tokens] = await Promise.all(
    ['pki/apiserver.crt', 'pki/apiserver.key', 'tokens.csv'].map((file) => readFile(join(state, file))),
  );
  const [token = ''] = String(tokens).split(',');
  return { server: new URL(server), cert: cert as Buffer, key: key as Buffer, token };
}

/**
 * A server on loopback in front of the real API server that does to each request what the rule says. Whoever asks becomes its admin,
 * whatever token it shows: whether to let it in is the rule's to say.
 */
export async function faultProxy(upstream: Upstream, protocol: 'h2' | 'http/1.1', rule: Rule): Promise<FaultProxy> {
  const { cert, key } = upstream;
  const asked: Asked[] = [];
  const judged = (request: Request): Deed => {
    const { method = '', url: path = '', headers } = request;
    const token = (headers['authorization'] ?? '').replace('Bearer ', '');
    asked.push({ method, path, before: asked.length, token });
    return rule(asked.at(-1) as Asked);
  };
  const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: 64 });
  const sockets = new Map<number, Socket>();
  const reset = ({ socket }: Request) => void sockets.get(socket.remotePort ?? 0)?.resetAndDestroy();
  const server =
    protocol === 'h2'
      ? http2.createSecureServer({ cert, key, allowHTTP1: true })
      : https.createServer({ cert, key, ALPNProtocols: ['http/1.1'] });
  server.on('request', (request: Request, response: Response) => {
    void serve({ request, response, upstream, agent, reset: () => reset(request) }, judged(request)).catch(() =>
      reset(request),
    );
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => {});
    upgrade(request, socket, upstream, judged(request));
  });
  server.on('connection', (socket: Socket) => {
    const { remotePort = 0 } = socket;
    sockets.set(remotePort, socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(remotePort));
  });
  server
    .on('tlsClientError', () => {})
    .on('sessionError', () => {})
    .on('clientError', () => {});
  return {
    url: `https://127.0.0.1:${await listening(server)}`,
    asked,
    [Symbol.asyncDispose]: () => over(server, sockets, agent),
  };
}

/** In front of the API server's own port: after so many bytes from it, the connection is reset. The credentials must be real ones. */
export async function cutRelay(
  { server: { hostname, port } }: Upstream,
  bytes: number,
  times: number,
): Promise<FaultProxy> {
  const sockets = new Map<number, Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const cut = cuts < times;
    cuts += 1;
    let left = cut ? bytes : Number.POSITIVE_INFINITY;
    sockets.set(client.remotePort ?? 0, client);
    const behind = connect(Number(port), hostname);
    const cutOff = () => {
      client.resetAndDestroy();
      behind.destroy();
    };
    behind.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left > 0) client.write(chunk);
      else client.write(chunk.subarray(0, chunk.length + left), cutOff);
    });
    behind.on('error', () => client.destroy()).on('close', () => client.end());
    client.on('error', () => behind.destroy()).on('close', () => behind.destroy());
    client.pipe(behind);
    if (left === 0) cutOff();
  });
  return {
    url: `https://127.0.0.1:${await listening(server)}`,
    asked: [],
    [Symbol.asyncDispose]: () => over(server, sockets),
  };
}

/** Answers every connection with these bytes, whatever it says. */
export async function babbler(bytes: Uint8Array): Promise<FaultProxy> {
  const sockets = new Map<number, Socket>();
  const server = createServer((socket) => {
    sockets.set(socket.remotePort ?? 0, socket);
    socket.on('error', () => {}).once('data', () => socket.end(bytes));
  });
  return {
    url: `https://127.0.0.1:${await listening(server)}`,
    asked: [],
    [Symbol.asyncDispose]: () => over(server, sockets),
  };
}

/** A port where nobody listens. */
export async function nobody(): Promise<FaultProxy> {
  const server = createServer();
  const port = await listening(server);
  await over(server, new Map());
  return { url: `https://127.0.0.1:${port}`, asked: [], [Symbol.asyncDispose]: async () => {} };
}

/** Of HTTP/2 they have the same methods, as far as they are used here. */
type Request = IncomingMessage;
type Response = http.ServerResponse;

const listening = (server: Server | http2.Http2SecureServer | https.Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));

function over(
  server: Server | http2.Http2SecureServer,
  sockets: ReadonlyMap<number, Socket>,
  agent?: https.Agent,
): Promise<void> {
  agent?.destroy();
  for (const socket of sockets.values()) socket.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}

interface Exchange {
  readonly request: Request;
  readonly response: Response;
  readonly upstream: Upstream;
  readonly agent: https.Agent;
  readonly reset: () => void;
}

async function serve(exchange: Exchange, deed: Deed): Promise<void> {
  const { response, reset } = exchange;
  const begin = (status: number, headers: Readonly<Record<string, string>>) =>
    response.writeHead(status, headers).flushHeaders();
  const write = (bytes: Uint8Array) => new Promise<void>((resolve) => response.write(bytes, () => resolve()));
  switch (deed.kind) {
    case 'pass': {
      const answer = await forwarded(exchange);
      response.on('close', () => answer.destroy());
      response.writeHead(answer.statusCode ?? 0, headersOf(answer)).flushHeaders();
      return void answer.on('error', reset).pipe(response);
    }
    case 'answer':
      response.writeHead(deed.status, { 'content-type': 'application/json', ...deed.headers });
      return void response.end(deed.body);
    case 'reset':
      return resetAt(exchange, deed.at, begin, write);
    case 'silence':
      if (deed.after === 'head') begin(200, { 'content-type': 'application/json' });
      return;
    case 'drip': {
      const { status, headers, body } = await ask(exchange);
      begin(status, headers);
      for (let at = 0; at < body.length && !response.writableEnded; at += 1) {
        await write(body.subarray(at, at + 1));
        await delay(1000);
        if (response.destroyed) return;
      }
      return void response.end();
    }
    case 'cut': {
      const { status, headers, body } = await ask(exchange);
      response.writeHead(status, headers);
      return void response.end(body.subarray(0, body.length >> 1));
    }
    case 'flood': {
      begin(200, { 'content-type': 'application/json' });
      await write(Buffer.from('{"kind":"PodList","apiVersion":"v1","metadata":{},"items":['));
      const megabyte = Buffer.alloc(1024 * 1024, ' ');
      const closed = new Promise<void>((resolve) => response.once('close', () => resolve()));
      for (let sent = 0; sent < deed.megabytes && !response.destroyed; sent += 1)
        await Promise.race([write(megabyte), closed]);
      return void response.end(']}');
    }
    case 'upgrade':
      return reset();
  }
}

async function resetAt(
  { request, reset }: Exchange,
  at: 'start' | 'head' | 'body',
  begin: (status: number, headers: Readonly<Record<string, string>>) => void,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  if (at === 'head' && !('stream' in request)) request.socket.write('HTTP/1.1 200 OK\r\nContent-Ty');
  else if (at !== 'start') begin(200, { 'content-type': 'application/json', 'content-length': '100000' });
  if (at === 'body') await write(Buffer.from('{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"name":"a"'));
  // What was written has to be on its way first.
  if (at !== 'start') await delay(30);
  reset();
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What the real API server says to it. */
async function ask(exchange: Exchange): Promise<Answered> {
  const answer = await forwarded(exchange);
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { status: answer.statusCode ?? 0, headers: headersOf(answer), body: Buffer.concat(chunks) };
}

/** The beginning of it; a watch has no end. */
async function forwarded({ request, upstream, agent }: Exchange): Promise<IncomingMessage> {
  const sent: Buffer[] = [];
  for await (const chunk of request) sent.push(chunk as Buffer);
  const body = Buffer.concat(sent);
  const headers = {
    ...Object.fromEntries(
      Object.entries(request.headers).filter(
        ([name]) => !/^(:.*|host|connection|content-length|transfer-encoding)$/.test(name),
      ),
    ),
    authorization: `Bearer ${upstream.token}`,
    'content-length': body.length,
  };
  return new Promise((resolve, reject) => {
    const url = new URL(request.url ?? '/', upstream.server);
    https
      .request(url, { method: request.method ?? 'GET', headers, agent }, resolve)
      .on('error', reject)
      .end(body);
  });
}

/** Without those of the connection, which HTTP/2 does not have. */
const headersOf = ({ headers }: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      /^(connection|keep-alive|transfer-encoding|content-length)$/.test(name) ? [] : [[name, String(value)]],
    ),
  );

function upgrade(request: IncomingMessage, socket: Socket, { server, token }: Upstream, deed: Deed): void {
  if (deed.kind === 'upgrade') {
    const accept = createHash('sha1').update(
      `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
    );
    const protocol = request.headers['sec-websocket-protocol']?.split(',')[0] ?? '';
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept.digest('base64')}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    );
    socket.write(deed.bytes);
    if (deed.ends) socket.end();
    return;
  }
  if (deed.kind === 'answer') {
    socket.end(
      `HTTP/1.1 ${deed.status} No\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(deed.body)}\r\n\r\n${deed.body}`,
    );
    return;
  }
  if (deed.kind === 'silence') return;
  if (deed.kind !== 'pass') return void socket.destroy();
  const headers = { ...request.headers, authorization: `Bearer ${token}` };
  https
    .request(new URL(request.url ?? '/', server), { headers, rejectUnauthorized: false })
    .on('upgrade', (answer, behind, head) => {
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
      socket.write(head);
      behind
        .on('error', () => socket.destroy())
        .pipe(socket)
        .pipe(behind);
    })
    .on('response', (answer) => {
      socket.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\nConnection: close\r\n\r\n`);
      answer.pipe(socket);
    })
    .on('error', () => socket.destroy())
    .end();
}
