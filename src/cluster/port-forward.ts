import type { PodName } from '../snapshot/snapshot.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionRefused, ProbeFailed, type Forward, type ForwardedPort } from '../probes/transport.ts';
import type { Connection } from './connect.ts';
import { inbox, type Inbox } from './inbox.ts';
import { failureFrom, refusalOf } from './probe-failure.ts';
import { openWebSocket, type WebSocketConnection } from './web-socket.ts';

/** How long after a round trip to the node a refusal may still be under way, in milliseconds: there it takes one or two. */
const grace = 80;

/**
 * Opens a port-forward to one Pod. The channels of the protocol are two for each port, one for bytes and one for a complaint, and each begins with
 * the port's number. Source: staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go.
 */
export async function openForward(
  connection: Connection,
  { namespace, name }: PodName,
  ports: readonly number[],
  signal: AbortSignal,
): Promise<Forward> {
  const query = ports.map((port) => `ports=${port}`).join('&');
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/portforward?${query}`;
  const socket = await openWebSocket(connection, path, ['v4.channel.k8s.io'], signal).catch((error: unknown) => {
    throw failureFrom(error, signal);
  });
  if ('refused' in socket) throw refusalOf(socket.refused);
  let silence: Promise<ProbeFailed | undefined> | undefined;
  const silent = () => (silence ??= socket.roundTrip().then((heard) => afterwards(heard)));
  const channels = ports.map((port, index) => channelTo(socket, port, index, silent));
  void deliver(socket, channels, signal);
  return {
    ports: channels,
    [Symbol.dispose]: () => {
      socket[Symbol.dispose]();
      for (const channel of channels) channel.received.end();
    },
  };
}

/** The node closes in due form where it has nothing more to say. A connection that is lost keeps what it had to say to itself. */
async function afterwards(heard: 'answered' | 'closed' | 'lost'): Promise<ProbeFailed | undefined> {
  await delay(grace);
  return heard === 'lost' ? new ProbeFailed('cut', 'the connection was lost') : undefined;
}

interface Channel extends ForwardedPort {
  readonly received: Inbox<Buffer>;
  readonly complaint: PromiseWithResolvers<Error>;
}

function channelTo(
  socket: WebSocketConnection,
  port: number,
  index: number,
  silent: () => Promise<ProbeFailed | undefined>,
): Channel {
  const complaint = Promise.withResolvers<Error>();
  return {
    port,
    complaint,
    received: inbox(),
    send: (bytes) => socket.send(index * 2, bytes),
    async accepted(signal) {
      const heard = await Promise.race([silent(), complaint.promise]);
      if (signal.aborted) throw failureFrom(signal.reason, signal);
      if (heard instanceof ConnectionRefused) return 'refused';
      if (heard instanceof Error) throw heard;
      return 'connected';
    },
  };
}

/** Hands each message to its port, without the number at the beginning of each channel. */
async function deliver(socket: WebSocketConnection, channels: readonly Channel[], signal: AbortSignal): Promise<void> {
  const begun = new Set<number>();
  try {
    for await (const message of socket.messages) {
      const number = message[0] ?? 0;
      const channel = channels[number >> 1];
      const first = !begun.has(number);
      begun.add(number);
      const bytes = message.subarray(first ? 3 : 1);
      if (!channel || bytes.length === 0) continue;
      if (number % 2 === 0) {
        channel.received.put(bytes);
      } else {
        const error = complaintOf(bytes.toString('utf8'));
        channel.complaint.resolve(error);
        channel.received.end(error);
      }
    }
    for (const channel of channels) channel.received.end();
  } catch (error) {
    const failure = failureFrom(error, signal);
    for (const channel of channels) {
      channel.complaint.resolve(failure);
      channel.received.end(failure);
    }
  }
}

/** What the node says of a port that it could not connect to. Of IPv4 and IPv6, only the last word may be the refusal. */
export function complaintOf(text: string): Error {
  const words = text.trim().replaceAll(/\s+/g, ' ');
  if (/connection refused/i.test(words) && !/timed? ?out|deadline exceeded/i.test(words))
    return new ConnectionRefused(words);
  return new ProbeFailed(/timed? ?out|deadline exceeded/i.test(words) ? 'timeout' : 'gone', words);
}
