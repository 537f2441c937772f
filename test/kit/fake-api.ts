import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type ConnectOptions } from '../../src/cluster/connect.ts';
import { readerOf } from '../../src/cluster/read.ts';
import type { Reader } from '../../src/snapshot/reader.ts';

export interface FakeApi extends AsyncDisposable {
  readonly url: string;
  /** Paths with their queries, in the order in which they came. */
  readonly asked: readonly string[];
}

export type Handler = (request: IncomingMessage, response: ServerResponse, times: number) => void;

/** A server on loopback that answers as a test says; `times` counts how often this very path was asked for. */
export async function fakeApi(handler: Handler): Promise<FakeApi> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    handler(request, response, asked.filter((other) => other === path).length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export const json = (response: ServerResponse, status: number, body: unknown, headers = {}): void =>
  void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

export const status = (code: number, reason: string, message: string, more = {}) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  reason,
  message,
  ...more,
});

/** The text of a kubeconfig for a server, with a user as given in YAML's flow style. */
export const kubeconfigFor = (url: string, user = '{token: sesame}', cluster = ''): string =>
  [
    'apiVersion: v1',
    'kind: Config',
    `clusters: [{name: test, cluster: {server: "${url}"${cluster}}}]`,
    `users: [{name: me, user: ${user}}]`,
    'contexts: [{name: here, context: {cluster: test, user: me, namespace: demo}}]',
    'current-context: here',
    '',
  ].join('\n');

export interface OpenReader extends Disposable {
  readonly reader: Reader;
}

/** A reader of whatever the kubeconfig in that file names. */
export async function readerFor(kubeconfig: string, options: Partial<ConnectOptions> = {}): Promise<OpenReader> {
  const { signal } = new AbortController();
  const connection = await connect({ kubeconfig, requestTimeout: 5_000, userAgent: 'test', ...options }, signal);
  return { reader: readerOf(connection), [Symbol.dispose]: () => connection.transport.close() };
}
