import { decode, streamEncode, type Answer, type RecordType } from 'dns-packet';
import type { Lookup } from '../snapshot/snapshot.ts';

export type AddressType = 'A' | 'AAAA';

export interface DnsQuestion {
  readonly name: string;
  readonly type: AddressType;
}

/** What a server said to one question. */
export interface DnsAnswer {
  readonly outcome: Exclude<Lookup['outcome'], 'timeout'>;
  readonly answers: readonly { readonly type: string; readonly data: string }[];
}

/** RFC 1035, section 4.2.2: over TCP, two bytes in front tell the length. */
export const encodeQuestion = (id: number, { name, type }: DnsQuestion): Uint8Array =>
  streamEncode({
    id,
    type: 'query',
    flags: 0x01_00, // recursion desired
    questions: [{ name, type: type satisfies RecordType, class: 'IN' }],
  });

/** Cuts a stream of bytes into DNS messages. */
export function messageReader(): (bytes: Uint8Array) => readonly Uint8Array[] {
  let rest: Uint8Array = new Uint8Array();
  return (bytes) => {
    const joined = new Uint8Array(rest.length + bytes.length);
    joined.set(rest);
    joined.set(bytes, rest.length);
    rest = joined;
    const messages: Uint8Array[] = [];
    for (;;) {
      const [high, low] = rest;
      if (high === undefined || low === undefined) return messages;
      const length = high * 256 + low;
      if (rest.length < length + 2) return messages;
      messages.push(rest.subarray(2, length + 2));
      rest = rest.subarray(length + 2);
    }
  };
}

/** The number of the question that a message answers; undefined where it has none. */
export const idOf = (message: Uint8Array): number | undefined =>
  message.length < 12 ? undefined : (message[0] ?? 0) * 256 + (message[1] ?? 0);

const outcomes = new Set<string>(['NOERROR', 'NXDOMAIN', 'SERVFAIL', 'REFUSED'] satisfies DnsAnswer['outcome'][]);

/** What a message says to a question; a string where it is no answer to it, saying why. Never throws, whatever the bytes. */
export function readAnswer(message: Uint8Array, { name, type }: DnsQuestion): DnsAnswer | string {
  let packet;
  try {
    packet = decode(Buffer.from(message));
  } catch (error) {
    return `not a DNS message: ${error instanceof Error ? error.message : String(error)}`;
  }
  // The type of the package leaves the code out.
  const { rcode = '' } = packet as { readonly rcode?: string };
  if (packet.type !== 'response') return 'a question instead of an answer';
  const [asked] = packet.questions ?? [];
  if (asked && (asked.name.toLowerCase() !== bare(name) || asked.type !== type))
    return `an answer to another question: ${asked.name} ${asked.type}`;
  if (!outcomes.has(rcode)) return `answered with ${rcode || 'no code'}`;
  return { outcome: rcode as DnsAnswer['outcome'], answers: (packet.answers ?? []).flatMap(recordOf) };
}

const recordOf = (answer: Answer): DnsAnswer['answers'] =>
  (answer.type === 'A' || answer.type === 'AAAA' || answer.type === 'CNAME') && typeof answer.data === 'string'
    ? [{ type: answer.type, data: answer.data }]
    : [];

const bare = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/** The name at the end of a chain of CNAMEs that the server did not follow itself; undefined where an address, or nothing, stands there. */
export function looseEnd({ outcome, answers }: DnsAnswer): string | undefined {
  if (outcome !== 'NOERROR' || answers.some(({ type }) => type !== 'CNAME')) return undefined;
  return answers.at(-1)?.data;
}
