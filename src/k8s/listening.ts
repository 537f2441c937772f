import type { Protocol } from './objects.ts';
import { familyOf } from './pods.ts';

export interface ListeningSocket {
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
}

/** What a connection to an address and port meets, as the table of listening sockets in that Pod says. */
export type Reception =
  | { readonly state: 'open' }
  /** Only inside the Pod itself: bound to 127.0.0.1 or ::1. */
  | { readonly state: 'loopback'; readonly socket: ListeningSocket }
  /** Bound to 0.0.0.0 while the address is IPv6, or to one address of another family. */
  | { readonly state: 'family'; readonly socket: ListeningSocket }
  /** The number is served, by the other protocol. */
  | { readonly state: 'protocol'; readonly socket: ListeningSocket }
  | { readonly state: 'closed' };

/** Judges a table of sockets, which is taken as complete. A socket on `::` takes IPv4 as well, as Linux does by default. */
export function receptionAt(
  sockets: readonly ListeningSocket[],
  address: string,
  port: number,
  protocol: Protocol,
): Reception {
  const here = sockets.filter((socket) => socket.port === port);
  const spoken = here.filter((socket) => socket.protocol === protocol);
  if (spoken.some((socket) => accepts(socket.address, address))) return { state: 'open' };
  const [first] = spoken;
  const foreign = spoken.find((socket) => !isLoopback(socket.address));
  if (foreign) return { state: 'family', socket: foreign };
  if (first) return { state: 'loopback', socket: first };
  return here[0] ? { state: 'protocol', socket: here[0] } : { state: 'closed' };
}

function accepts(bound: string, address: string): boolean {
  const plain = bare(bound);
  if (plain === '*' || plain === '::' || plain === '') return true;
  if (plain === '0.0.0.0') return familyOf(address) === 'IPv4';
  return plain === address;
}

export const isLoopback = (address: string): boolean => /^(127\.|::1$|localhost$)/.test(bare(address));

/** Without brackets, a zone and the prefix of an IPv4 address that is written as IPv6. */
const bare = (address: string): string =>
  address
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/i, '');

/** The listening sockets in what `ss -lntu`, `netstat -lntu` or `/proc/net/tcp` print; undefined where the text is none of these. */
export function socketsIn(command: readonly string[], output: string): readonly ListeningSocket[] | undefined {
  const line = command.join(' ');
  if (/\/proc\/net\/(tcp|udp)/.test(line))
    return procSockets(output, /\/proc\/net\/udp/.test(line) && !/\/proc\/net\/tcp/.test(line) ? 'UDP' : 'TCP');
  if (!/\b(ss|netstat)\b/.test(line)) return undefined;
  return output.split('\n').flatMap((row): readonly ListeningSocket[] => {
    const [protocol] = /^(tcp|udp)/i.exec(row.trim()) ?? [];
    if (!protocol && !/LISTEN|UNCONN/.test(row)) return [];
    const local = /(\[?[\d.:a-f*%\w]*\]?):(\d+)\s+\S+:(\*|\d+)/i.exec(row.replace(/^\s*(tcp|udp)6?\s+/i, ''));
    if (!local?.[2]) return [];
    const isUdp = /^\s*udp/i.test(row) || (!protocol && /UNCONN/.test(row));
    if (!isUdp && /ESTAB|TIME_WAIT|CLOSE|SYN/.test(row)) return [];
    return [
      {
        address: local[1] === '' || local[1] === '*' ? '*' : bare(local[1] ?? ''),
        port: Number(local[2]),
        protocol: isUdp ? 'UDP' : 'TCP',
      },
    ];
  });
}

/**
 * The listening sockets in /proc/net/tcp, tcp6, udp and udp6, one after the other in any order: each table tells by its heading what it is. A UDP
 * socket that has no peer listens. Source: Linux, Documentation/networking/proc_net_tcp.rst and net/ipv4/udp.c.
 */
export function socketsInTables(text: string): readonly ListeningSocket[] {
  let protocol: Protocol = 'TCP';
  return text.split('\n').flatMap((line): readonly ListeningSocket[] => {
    if (/^\s*sl\s+local_address/.test(line)) {
      protocol = /\bdrops\b/.test(line) ? 'UDP' : 'TCP';
      return [];
    }
    const [, address = '', port = '', state = ''] =
      /^\s*\d+:\s+([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})\s+[0-9A-F]+:[0-9A-F]{4}\s+([0-9A-F]{2})\s/i.exec(line) ?? [];
    return state.toUpperCase() === (protocol === 'TCP' ? '0A' : '07')
      ? [{ address: procAddress(address), port: Number.parseInt(port, 16), protocol }]
      : [];
  });
}

/** `0100007F:1F90 00000000:0000 0A`: the address in the machine's byte order, the port in hexadecimal, 0A for listening. */
function procSockets(output: string, protocol: Protocol): readonly ListeningSocket[] {
  return [...output.matchAll(/^\s*\d+:\s+([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})\s+\S+\s+([0-9A-F]{2})/gim)].flatMap(
    ([, address = '', port = '', state = '']) =>
      protocol === 'TCP' && state.toUpperCase() !== '0A'
        ? []
        : [{ address: procAddress(address), port: Number.parseInt(port, 16), protocol }],
  );
}

function procAddress(hex: string): string {
  const words = (hex.match(/.{8}/g) ?? []).map((word) => (word.match(/../g) ?? []).toReversed().join(''));
  const octets = (word: string) => (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join('.');
  if (words.length === 1) return octets(words[0] ?? '');
  const all = words.join('').toLowerCase();
  if (/^0+$/.test(all)) return '::';
  if (/^0{31}1$/.test(all)) return '::1';
  if (/^0{20}ffff/.test(all)) return octets(words[3] ?? '');
  return (all.match(/.{4}/g) ?? []).map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}
