import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/cluster/connect.ts';
import { runIn } from '../../src/cluster/exec.ts';
import { openForward } from '../../src/cluster/port-forward.ts';
import { plainTransport } from '../../src/cluster/transport.ts';
import { within } from '../../src/probes/bounds.ts';
import { ProbeFailed } from '../../src/probes/transport.ts';

/** What stands between us and a kubelet can end a stream in many ways. None of them is an answer of the Pod, and none makes us wait for ever. */

const pod = { namespace: 'demo', name: 'db-0' };
const opened: { server: http.Server; sockets: Set<Duplex>; connection: Connection }[] = [];
afterEach(() => {
  for (const { server, sockets, connection } of opened.splice(0)) {
    connection.transport.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

type Upgrade = (socket: Duplex, request: http.IncomingMessage) => void;

/** A server at the other end, which does this with each request for a stream. */
async function endpoint(upgrade: Upgrade): Promise<Connection> {
  const server = http.createServer();
  const sockets = new Set<Duplex>();
  server.on('upgrade', (request, socket: Duplex) => {
    sockets.add(socket);
    upgrade(socket, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const connection = {
    server: url,
    userAgent: 'test',
    credentials: async () => ({ headers: {} }),
    transport: plainTransport(url),
  } as unknown as Connection;
  opened.push({ server, sockets, connection });
  return connection;
}

const answer =
  (status: string, body = ''): Upgrade =>
  (socket) =>
    socket.end(`HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);

const status = (code: number, message: string): string =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code });

/** A WebSocket is agreed on; then this happens. */
const agreed =
  (then: (socket: Duplex) => void): Upgrade =>
  (socket, { headers }) => {
    const accept = createHash('sha1')
      .update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${String(headers['sec-websocket-protocol']).split(',')[0]}\r\n\r\n`,
    );
    then(socket);
  };

const message = (channel: number, text: string): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.of(0x82, bytes.length + 1, channel), bytes]);
};

/** How a probe of each kind ends: what it found, or why it found nothing. */
async function ends(upgrade: Upgrade, probe: 'forward' | 'exec'): Promise<string> {
  const connection = await endpoint(upgrade);
  return within(
    1_000,
    async (signal) => {
      if (probe === 'exec') {
        const { exitCode, stdout } = await runIn(connection, { ...pod, container: 'db' }, ['cat'], signal);
        return `${exitCode} ${stdout}`;
      }
      using forward = await openForward(connection, pod, [5432], signal);
      return (await forward.ports[0]?.accepted(signal)) ?? '';
    },
    new AbortController().signal,
  ).catch((error: unknown) => {
    if (!(error instanceof ProbeFailed)) throw error;
    return error.reason;
  });
}

const refusals: Readonly<Record<string, readonly [Upgrade, string]>> = {
  'that RBAC forbids': [answer('403 Forbidden', status(403, 'pods "db-0" is forbidden: cannot create')), 'forbidden'],
  'that an admission webhook denies': [
    answer('403 Forbidden', status(403, 'admission webhook "no-exec.example" denied the request')),
    'forbidden',
  ],
  'of a Pod that is gone': [answer('404 Not Found', status(404, 'pods "db-0" not found')), 'gone'],
  'of a container that has ended': [answer('500 Error', status(500, 'container not found ("db")')), 'gone'],
  'behind an API server that does not reach the kubelet': [
    answer('502 Bad Gateway', 'error dialing backend: dial tcp 10.0.0.7:10250: i/o timeout'),
    'no-kubelet',
  ],
  'of a server that speaks SPDY alone': [
    answer('400 Bad Request', status(400, 'unable to upgrade: missing upgrade headers in request: SPDY/3.1')),
    'unsupported',
  ],
  'of a server that answers with SPDY': [
    (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\n\r\n'),
    'unsupported',
  ],
  'that is cut before any answer': [(socket) => socket.destroy(), 'cut'],
  'that is cut half-way': [
    agreed((socket) => {
      socket.write(Buffer.of(0x82, 60, 0, 1));
      setTimeout(() => socket.destroy(), 20);
    }),
    'cut',
  ],
  'that nobody answers': [agreed(() => {}), 'timeout'],
};

describe.each(['forward', 'exec'] as const)('%s', (probe) => {
  test.each(Object.entries(refusals))('a stream %s', async (_name, [upgrade, reason]) => {
    expect(await ends(upgrade, probe)).toBe(reason);
  });
});

test('a command that has ended is believed, also where the connection is lost right after', async () => {
  const done = agreed((socket) => {
    socket.write(message(1, 'nameserver'));
    socket.write(message(3, '{"status":"Success"}'), () => socket.destroy());
  });
  expect(await ends(done, 'exec')).toBe('0 nameserver');
});

test('an image without the program says so', async () => {
  const missing = '{"status":"Failure","message":"exec: \\"cat\\": executable file not found in $PATH"}';
  expect(
    await ends(
      agreed((socket) => socket.write(message(3, missing))),
      'exec',
    ),
  ).toBe('no-program');
});

test('a port that is closed in due form has been taken', async () => {
  const close = agreed((socket) => socket.write(Buffer.of(0x88, 2, 0x03, 0xe8)));
  expect(await ends(close, 'forward')).toBe('connected');
});

test('a refusal is the word of the node', async () => {
  const refused = agreed((socket) => {
    socket.write(Buffer.concat([Buffer.of(0x82, 3, 1), Buffer.of(0x38, 0x15)]));
    socket.write(message(1, 'dial tcp4 127.0.0.1:5432: connect: connection refused'));
  });
  expect(await ends(refused, 'forward')).toBe('refused');
});
