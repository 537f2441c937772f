import http from 'node:http';
import type { Duplex } from 'node:stream';
import type { HttpAnswer, PodPort } from '../demo/cluster.ts';
import type { Connection } from './connect.ts';
import { streamOver } from './over-forward.ts';
import { openForward } from './port-forward.ts';

/** A stream to a port of a Pod, through the API server and the Pod's kubelet. Whoever opens it destroys it. */
async function openPort(
  connection: Connection,
  { namespace, pod, port }: PodPort,
  signal: AbortSignal,
): Promise<Duplex> {
  const forward = await openForward(connection, { namespace, name: pod }, [port], signal);
  const [door] = forward.ports;
  if (!door) throw new Error('the port-forward has no port');
  return streamOver(door, () => forward[Symbol.dispose]());
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
