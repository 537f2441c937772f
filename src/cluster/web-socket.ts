import { createHash, randomBytes } from 'node:crypto';
import { ProbeFailed } from '../probes/transport.ts';
import type { Connection } from './connect.ts';
import { answered, type Credentials } from './credentials.ts';
import { inbox } from './inbox.ts';
import type { Exchange, Upgraded } from './transport.ts';

/**
 * A WebSocket to the API server, as port-forward and exec speak it: binary messages, the first byte of each being its channel. Over the connection's
 * own transport and credentials; client-node's own takes longer to load than all probes take together.
 */
export interface WebSocketConnection extends Disposable {
  /** The messages as they come, until either side closes. Throws where the connection is lost. */
  readonly messages: AsyncIterable<Buffer>;
  send(channel: number, bytes: Uint8Array): void;
  /** Whether the other end, not just the API server, has answered; `closed` in due form before it did, or `lost`, which says nothing of the other end. */
  roundTrip(): Promise<'answered' | 'closed' | 'lost'>;
}

/** The server answered the request for a WebSocket with a plain answer. */
export interface Refusal {
  readonly refused: Exchange;
}

/** A longer message is none that a probe has asked for. */
const maxMessageBytes = 1024 * 1024;

/** RFC 6455, section 5.2. */
const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

export async function openWebSocket(
  connection: Connection,
  path: string,
  protocols: readonly string[],
  signal: AbortSignal,
): Promise<WebSocketConnection | Refusal> {
  const key = randomBytes(16).toString('base64');
  const ask = ({ headers }: Credentials) =>
    connection.transport.upgrade(path, { ...headers, ...handshake(connection, key, protocols) }, signal);
  const { answer } = await answered(connection.credentials, ask, signal);
  if (!('socket' in answer)) return { refused: answer };
  const expected = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  if (answer.headers['sec-websocket-accept'] !== expected) {
    answer.socket.destroy();
    throw new ProbeFailed('unsupported', 'the server changed to a protocol that is not WebSocket');
  }
  return speaking(answer, signal);
}

const handshake = ({ userAgent }: Connection, key: string, protocols: readonly string[]) => ({
  'user-agent': userAgent,
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': key,
  'sec-websocket-protocol': protocols.join(', '),
});

function speaking({ socket, head }: Upgraded, signal: AbortSignal): WebSocketConnection {
  const messages = inbox<Buffer>();
  const pongs: ((heard: 'answered' | 'closed' | 'lost') => void)[] = [];
  let closed = false;
  const end = (error?: Error) => {
    signal.removeEventListener('abort', abort);
    messages.end(error);
    for (const heard of pongs.splice(0)) heard(closed ? 'closed' : 'lost');
    socket.destroy();
  };
  const abort = () => end(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
  signal.addEventListener('abort', abort, { once: true });

  const frames = frameReader();
  let message: Buffer[] = [];
  const take = (bytes: Uint8Array) => {
    for (const { opcode, final, payload } of frames(bytes)) {
      if (opcode === opcodes.ping) socket.write(frameOf(opcodes.pong, payload));
      else if (opcode === opcodes.pong) pongs.shift()?.('answered');
      else if (opcode === opcodes.close) {
        closed = true;
        end();
      } else {
        message.push(payload);
        if (!final) continue;
        messages.put(Buffer.concat(message));
        message = [];
      }
    }
  };
  const receive = (bytes: Uint8Array) => {
    try {
      take(bytes);
    } catch (error) {
      end(error instanceof Error ? error : new Error(String(error)));
    }
  };
  socket.on('data', receive);
  socket.on('error', (error) => end(error));
  socket.on('close', () => end());
  if (head.length > 0) receive(head);
  if (signal.aborted) abort();

  return {
    messages,
    send: (channel, bytes) => void socket.write(frameOf(opcodes.binary, Buffer.concat([Buffer.of(channel), bytes]))),
    roundTrip: () => {
      const heard = Promise.withResolvers<'answered' | 'closed' | 'lost'>();
      if (socket.destroyed) heard.resolve(closed ? 'closed' : 'lost');
      else pongs.push(heard.resolve);
      socket.write(frameOf(opcodes.ping, Buffer.alloc(0)));
      return heard.promise;
    },
    [Symbol.dispose]: () => {
      if (!socket.destroyed) socket.write(frameOf(opcodes.close, Buffer.of(0x03, 0xe8)));
      end();
    },
  };
}

interface Frame {
  readonly opcode: number;
  readonly final: boolean;
  readonly payload: Buffer;
}

/** Cuts a stream of bytes into frames. Throws at what no server would send. */
export function frameReader(): (bytes: Uint8Array) => readonly Frame[] {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const frames: Frame[] = [];
    for (;;) {
      const [first, second] = rest;
      if (first === undefined || second === undefined) return frames;
      if ((second & 0x80) !== 0) throw new Error('a masked frame from a server');
      const short = second & 0x7f;
      const start = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (rest.length < start) return frames;
      const length = short === 126 ? rest.readUInt16BE(2) : short === 127 ? Number(rest.readBigUInt64BE(2)) : short;
      if (length > maxMessageBytes) throw new Error(`a message of ${length} bytes`);
      if (rest.length < start + length) return frames;
      frames.push({
        opcode: first & 0x0f,
        final: (first & 0x80) !== 0,
        payload: rest.subarray(start, start + length),
      });
      rest = rest.subarray(start + length);
    }
  };
}

/** A whole message as one masked frame, as clients must send them. */
export function frameOf(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const header =
    length < 126
      ? Buffer.of(0x80 | opcode, 0x80 | length)
      : length < 65_536
        ? Buffer.of(0x80 | opcode, 0x80 | 126, length >> 8, length & 0xff)
        : Buffer.concat([Buffer.of(0x80 | opcode, 0x80 | 127), lengthAsUInt64(length)]);
  const mask = randomBytes(4);
  const masked = Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return Buffer.concat([header, mask, masked]);
}

function lengthAsUInt64(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return bytes;
}
