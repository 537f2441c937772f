import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { callOver, secured } from '../../src/cluster/over-forward.ts';
import { encodeHealthQuestion, healthIn, healthPath } from '../../src/probes/grpc.ts';
import { ConnectionRefused, ProbeFailed, type ForwardedPort } from '../../src/probes/transport.ts';

const servers: net.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A forwarded port to a server on loopback. */
async function forwardedTo(server: net.Server): Promise<ForwardedPort> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = net.connect(port, '127.0.0.1');
  return { port, accepted: async () => 'connected', send: (bytes) => void socket.write(bytes), received: socket };
}

const refusing = (): ForwardedPort => ({
  port: 9000,
  accepted: async () => 'refused',
  send() {},
  // oxlint-disable-next-line require-yield -- it is refused before anything comes
  received: (async function* () {
    throw new ConnectionRefused('connection refused');
  })(),
});

/** A server with the health service, where `statuses` is what it says by service; others are NOT_FOUND. */
function healthServer(statuses: Readonly<Record<string, number>>, path = healthPath): net.Server {
  const server = http2.createServer();
  server.on('stream', (stream, headers) => {
    let asked = Buffer.alloc(0);
    stream.on('data', (chunk: Buffer) => (asked = Buffer.concat([asked, chunk])));
    stream.on('end', () => {
      const status = statuses[asked.subarray(7).toString('utf8')];
      const head = { ':status': 200, 'content-type': 'application/grpc' };
      if (headers[':path'] !== path) return stream.respond({ ...head, 'grpc-status': '12' }, { endStream: true });
      if (status === undefined) return stream.respond({ ...head, 'grpc-status': '5' }, { endStream: true });
      stream.respond(head, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from(status === 0 ? [0, 0, 0, 0, 0] : [0, 0, 0, 0, 2, 8, status]));
    });
  });
  return server;
}

const forever = new AbortController().signal;
const health = async (port: ForwardedPort, service = '', signal = forever) =>
  healthIn(
    await callOver(
      port,
      { authority: '10.244.0.7:9000', path: healthPath, message: encodeHealthQuestion(service) },
      signal,
    ),
  );

describe('a gRPC health check', () => {
  test.each([
    ['', 'SERVING'],
    ['shop', 'NOT_SERVING'],
    ['cart', 'UNKNOWN'],
    ['unheard-of', 'NOT_FOUND'],
  ])('of "%s" is %s', async (service, status) => {
    expect(await health(await forwardedTo(healthServer({ '': 1, shop: 2, cart: 0 })), service)).toBe(status);
  });

  test('of a server without the health service is UNIMPLEMENTED', async () => {
    expect(await health(await forwardedTo(healthServer({}, '/other')))).toBe('UNIMPLEMENTED');
  });

  test('of a port where nobody listens is refused', async () => {
    await expect(health(refusing())).rejects.toThrow(ConnectionRefused);
  });

  test.each([
    ['that speaks something else', net.createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))],
    ['that hangs up', net.createServer((socket) => socket.destroy())],
  ])('of a server %s proves nothing', async (_name, server) => {
    await expect(health(await forwardedTo(server))).rejects.toThrow(ProbeFailed);
  });

  test('of a silent server ends with the signal', async () => {
    const clock = new AbortController();
    setTimeout(() => clock.abort(new ProbeFailed('timeout', 'late')), 30);
    const silent = net.createServer(() => {});
    await expect(health(await forwardedTo(silent), '', clock.signal)).rejects.toThrow(ProbeFailed);
  });
});

describe('TLS', () => {
  test('to a port where nobody listens is refused', async () => {
    await expect(secured(refusing(), forever)).rejects.toThrow(ConnectionRefused);
  });

  test('to a port that speaks plain HTTP proves nothing', async () => {
    const plain = net.createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(secured(await forwardedTo(plain), forever)).rejects.toThrow(/does not speak TLS/);
  });
});
