import http from 'node:http';
import { Duplex, PassThrough } from 'node:stream';
import type { KubeConfig } from '@kubernetes/client-node';
import type { HttpAnswer, PodPort } from '../demo/cluster.ts';
import { clientNodeConfig } from './client-node.ts';
import type { Connection } from './connect.ts';

/** client-node's view of a connection, with our credentials as they are now. */
export async function streamingConfig(connection: Connection, signal: AbortSignal): Promise<KubeConfig> {
  const { cluster, user, credentials } = connection;
  const { headers, cert, key } = await credentials(undefined, signal);
  const base64 = (pem: Buffer | string) => Buffer.from(pem).toString('base64');
  const config = await clientNodeConfig(
    // It speaks plain HTTP only where nobody expects certificates.
    { ...cluster, insecure: cluster.insecure || cluster.server.startsWith('http:') },
    {
      asGroups: user.asGroups,
      ...(cert === undefined ? {} : { certData: base64(cert) }),
      ...(key === undefined ? {} : { keyData: base64(key) }),
    },
  );
  const applyItsOwn = config.applyToHTTPSOptions.bind(config);
  config.applyToHTTPSOptions = async (options) => {
    await applyItsOwn(options);
    options.headers = { ...options.headers, ...headers, 'user-agent': connection.userAgent };
  };
  return config;
}

/** What client-node hands out is a WebSocket of `ws`, whatever its type says. */
interface ForwardSocket {
  addEventListener(event: 'close' | 'error', listener: (event: { readonly message?: string }) => void): void;
  terminate(): void;
}

/** A stream to a port of a Pod, through the API server and the Pod's kubelet. Whoever opens it destroys it. */
export async function openPort(
  connection: Connection,
  { namespace, pod, port }: PodPort,
  signal: AbortSignal,
): Promise<Duplex> {
  const { PortForward } = await import('@kubernetes/client-node');
  const forward = new PortForward(await streamingConfig(connection, signal));
  const sent = new PassThrough();
  const received = new PassThrough();
  const complaint = new PassThrough();
  const forwarding = forward.portForward(
    encodeURIComponent(namespace),
    encodeURIComponent(pod),
    [port],
    received,
    complaint,
    sent,
  ) as Promise<ForwardSocket>;
  const socket = await unlessAborted(forwarding, signal, (late) => late.terminate());
  const stream = new Duplex({
    read: () => void received.resume(),
    write: (chunk: Buffer, _encoding, done) => void sent.write(chunk, done),
    destroy(error, done) {
      signal.removeEventListener('abort', abort);
      // Without waiting for the other side's goodbye: nothing may keep the process alive.
      socket.terminate();
      done(error);
    },
  });
  const abort = () => void stream.destroy(asError(signal.reason));
  signal.addEventListener('abort', abort, { once: true });
  received.on('data', (bytes: Buffer) => stream.push(bytes) || received.pause());
  // The port's number alone, without a word, is how this channel begins.
  complaint.on('data', (bytes: Buffer) => bytes.length > 0 && stream.destroy(new Error(bytes.toString('utf8').trim())));
  received.once('end', () => void stream.push(null));
  socket.addEventListener('close', () => void received.end());
  socket.addEventListener('error', ({ message }) => void stream.destroy(new Error(message)));
  return stream;
}

/** One HTTP GET through a port-forward. */
export async function getThroughForward(
  connection: Connection,
  target: PodPort,
  path: string,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const stream = await openPort(connection, target, signal);
  try {
    return await new Promise<HttpAnswer>((resolve, reject) => {
      stream.once('error', reject);
      http
        .get(
          { path, createConnection: () => stream, headers: { host: target.pod, connection: 'close' }, signal },
          (response) => {
            let body = '';
            response.setEncoding('utf8');
            response.on('data', (text: string) => (body += text));
            response.once('error', reject);
            response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
          },
        )
        .once('error', reject);
    });
  } finally {
    stream.destroy();
  }
}

/** Sends bytes through a port-forward and returns what comes back, as soon as it is complete. */
export async function exchangeThroughForward(
  connection: Connection,
  target: PodPort,
  request: Uint8Array,
  isComplete: (answer: Uint8Array) => boolean,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const stream = await openPort(connection, target, signal);
  try {
    stream.write(request);
    let answer = Buffer.alloc(0);
    for await (const chunk of stream) {
      answer = Buffer.concat([answer, chunk as Buffer]);
      if (isComplete(answer)) return answer;
    }
    throw new Error('the connection was closed before the answer was complete');
  } finally {
    stream.destroy();
  }
}

/** What was waited for, or the reason of the abort, at once; what comes too late is thrown away. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, discard: (late: T) => void): Promise<T> {
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(asError(signal.reason));
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } catch (error) {
    work.then(discard, () => {});
    throw asError(error);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** A WebSocket fails with an event, which has a message but is no Error. */
const asError = (reason: unknown): Error =>
  reason instanceof Error
    ? reason
    : new Error(
        typeof reason === 'object' && reason !== null && 'message' in reason ? String(reason.message) : String(reason),
      );
