import http2 from 'node:http2';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { GrpcEnd } from '../probes/grpc.ts';
import { ConnectionRefused, ProbeFailed, type ForwardedPort } from '../probes/transport.ts';

/** A forwarded port as a stream of Node. Its end closes nothing: the port-forward belongs to whoever opened it. */
export function streamOver(port: ForwardedPort, close: () => void = () => {}): Duplex {
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      port.send(chunk);
      done();
    },
    destroy(error, done) {
      close();
      done(error);
    },
  });
  void deliver(port, stream);
  return stream;
}

async function deliver({ received }: ForwardedPort, stream: Duplex): Promise<void> {
  try {
    for await (const bytes of received) stream.push(bytes);
    stream.push(null);
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

interface Watched {
  readonly stream: Duplex;
  /** Rejects with the first that goes wrong. */
  readonly failed: Promise<never>;
  /** A complaint of what speaks over the stream. */
  readonly say: (error: Error) => void;
}

/** A forwarded port for a protocol above it. What the port itself complains of, such as a refusal, comes before the complaints of that protocol. */
function watched(port: ForwardedPort, protocol: string): Watched {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  const broken = (error: Error) => reject(new ProbeFailed('cut', `it does not speak ${protocol}: ${error.message}`));
  const received = async function* () {
    try {
      yield* port.received;
    } catch (error) {
      if (error instanceof ProbeFailed || error instanceof ConnectionRefused) reject(error);
      throw error;
    }
  };
  const stream = streamOver({ ...port, received: received() });
  stream.on('error', (error) => void setImmediate(broken, error));
  return { stream, failed, say: (error) => void setImmediate(broken, error) };
}

const whenAborted = (signal: AbortSignal, end: () => void): void => {
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
};

/** TLS over a forwarded port, whoever answers: kubelet's probes verify nothing either, and send no name. Source: pkg/probe/http/http.go. */
export async function secured(port: ForwardedPort, signal: AbortSignal): Promise<ForwardedPort> {
  const { stream, failed, say } = watched(port, 'TLS');
  const socket = tls.connect({ socket: stream, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  socket.on('error', say);
  socket.once('close', () => say(new Error('the connection was closed')));
  whenAborted(signal, () => socket.destroy());
  await Promise.race([new Promise((resolve) => socket.once('secureConnect', resolve)), failed]);
  return {
    port: port.port,
    accepted: (until) => port.accepted(until),
    send: (bytes) => void socket.write(bytes),
    received: socket,
  };
}

/** One unary gRPC call over a forwarded port, by HTTP/2 without TLS. */
export async function callOver(
  port: ForwardedPort,
  { authority, path, message }: { readonly authority: string; readonly path: string; readonly message: Uint8Array },
  signal: AbortSignal,
): Promise<GrpcEnd> {
  const { stream, failed, say } = watched(port, 'gRPC');
  const session = http2.connect(`http://${authority}`, { createConnection: () => stream });
  session.on('error', say);
  session.once('close', () => say(new Error('the connection was closed')));
  whenAborted(signal, () => session.destroy());
  try {
    return await Promise.race([unary(session, path, message, say), failed]);
  } finally {
    session.destroy();
  }
}

function unary(
  session: http2.ClientHttp2Session,
  path: string,
  message: Uint8Array,
  say: (error: Error) => void,
): Promise<GrpcEnd> {
  const call = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    'user-agent': 'kube-probe/svcdoctor',
  });
  const chunks: Buffer[] = [];
  let status: string | undefined;
  const read = (headers: http2.IncomingHttpHeaders) => {
    const said = headers['grpc-status'];
    if (typeof said === 'string') status = said;
  };
  // A call that fails at once has its status among the headers.
  call.on('response', read).on('trailers', read);
  call.on('data', (chunk: Buffer) => chunks.push(chunk));
  call.on('error', say);
  call.end(message);
  return new Promise((resolve) => {
    call.once('end', () => {
      if (status === undefined) return say(new Error('the answer has no grpc-status'));
      resolve({ status: Number(status), ...(chunks.length > 0 ? { message: Buffer.concat(chunks) } : {}) });
    });
  });
}
