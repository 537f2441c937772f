import http from 'node:http';
import https from 'node:https';
import type { Connection } from './connect.ts';
import { answered, type Answered, type Credentials } from './credentials.ts';
import { exchangeOf, type Exchange } from './transport.ts';

/** One request of any kind: reading goes over the transport itself. */
export interface Request {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: unknown;
}

/** Sends it with the connection's own credentials, once more where those have run out. */
export const request = (connection: Connection, asked: Request, signal: AbortSignal): Promise<Answered<Exchange>> =>
  answered(connection.credentials, (credentials) => exchange(connection, asked, credentials, signal), signal);

function exchange(
  { server, userAgent, transport }: Connection,
  { method, path, accept = 'application/json', contentType = 'application/json', body }: Request,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Exchange> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    ...credentials.headers,
    'user-agent': userAgent,
    accept,
    ...(text === undefined ? {} : { 'content-type': contentType, 'content-length': String(Buffer.byteLength(text)) }),
  };
  // Reading shares one connection; a poll twice a second should not shake hands each time.
  if (method === 'GET') return transport.get(path, headers, signal);
  const { request: send } = server.protocol === 'https:' ? https : http;
  const url = new URL(`${server.pathname.replace(/\/$/, '')}${path}`, server);
  return new Promise((resolve, reject) => {
    send(url, { method, headers, signal, agent: transport.agent() }, (response) => {
      exchangeOf(response).then(resolve, reject);
    })
      .once('error', reject)
      .end(text);
  });
}
