import { encodeQuestion, messageReader, readAnswer, type DnsAnswer, type DnsQuestion } from './dns.ts';

/**
 * What a program inside a Pod is asked to do: put a question to a DNS server, or see whether a port accepts. Questions and answers are made and read
 * here wherever the image can send bytes, so that all images give the same answers.
 */
export type Errand =
  | {
      readonly kind: 'ask';
      readonly transport: 'udp' | 'tcp';
      readonly address: string;
      readonly port: number;
      readonly question: DnsQuestion;
    }
  | { readonly kind: 'dial'; readonly address: string; readonly port: number };

/** What became of an errand. `unknown`: the program did not say, or had no means. */
export type ErrandResult =
  | { readonly outcome: 'answered'; readonly answer: DnsAnswer }
  | { readonly outcome: 'connected' | 'refused' | 'timeout' | 'reset' | 'unknown' };

const bytesOf = (errand: Errand & { readonly kind: 'ask' }, index: number): Uint8Array => {
  const bytes = encodeQuestion(index + 1, errand.question);
  return errand.transport === 'tcp' ? bytes : bytes.subarray(2);
};

/** The programs that can run errands, the likeliest to be there first. */
export const couriers: readonly {
  readonly name: string;
  command(errands: readonly Errand[], seconds: number): readonly string[];
}[] = [
  { name: 'sh', command: (errands, seconds) => ['sh', '-c', shellProgram(errands, seconds)] },
  { name: 'node', command: (errands, seconds) => ['node', '-e', nodeProgram, ...wordsFor(errands, seconds)] },
  { name: 'python3', command: (errands, seconds) => ['python3', '-c', pythonProgram, ...wordsFor(errands, seconds)] },
];

const hexOf = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** In place of an address: the first nameserver in the resolv.conf of wherever the shell program runs. */
export const itsNameserver = 'nameserver';

/** Only what cannot be anything but an address goes into a command line. */
function checked({ address, port }: Errand): { readonly address: string; readonly port: number } {
  if (address === itsNameserver) return { address: '"$NS"', port };
  if (!/^[0-9A-Fa-f:.]+$/.test(address) || !Number.isInteger(port)) throw new Error(`no address: ${address} ${port}`);
  return { address, port };
}

const wordsFor = (errands: readonly Errand[], seconds: number): readonly string[] => [
  String(seconds * 1000),
  ...errands.map((errand, index) => {
    const { address, port } = checked(errand);
    return errand.kind === 'dial'
      ? `dial ${address} ${port}`
      : `${errand.transport} ${address} ${port} ${hexOf(bytesOf(errand, index))}`;
  }),
];

/**
 * By nc where there is one, else by bash's own /dev/tcp and /dev/udp; over UDP, which many an nc lacks, also by nslookup. All at once, each in its own
 * time. Every errand prints `N: WORDS`, with what it receives as bytes in octal by od, or as nslookup words it.
 */
export function shellProgram(errands: readonly Errand[], seconds: number): string {
  const jobs = errands.map((errand, index) => {
    const { address, port } = checked(errand);
    if (errand.kind === 'dial') return `dial ${index} ${address} ${port} &`;
    const octal = [...bytesOf(errand, index)].map((byte) => `\\0${byte.toString(8).padStart(3, '0')}`).join('');
    const { name, type } = errand.question;
    const plain = /^[\w.-]+$/.test(name) && port === 53 ? `${name.replace(/\.$/, '')}.` : '';
    return `ask ${index} ${errand.transport} ${address} ${port} '${octal}' '${plain}' ${type.toLowerCase()} &`;
  });
  return `
T=${seconds}
NS=$(sed -n 's/^nameserver *//p' /etc/resolv.conf 2>/dev/null | head -n 1)
has() { command -v "$1" >/dev/null 2>&1; }
has timeout || { echo 'no means'; exit 0; }
NC=; UDP=
if has bash; then NC=bash; elif has nc; then NC=nc; fi
if has bash && has dd && has od; then UDP=bash; elif has nslookup; then UDP=nslookup; elif has nc && has od && nc -h 2>&1 | grep -q -e '-[a-z]*u'; then UDP=nc; fi
[ -n "$NC$UDP" ] || { echo 'no means'; exit 0; }
said() { case "$2" in *efused*) echo "$1: refused";; *eset*) echo "$1: reset";; *imed\\ out*) echo "$1: timeout";; *) case "$3" in 0) echo "$1: connected";; 124|143|137) echo "$1: timeout";; *) echo "$1: unknown";; esac;; esac; }
dial() {
  case $NC in
    nc) W=$(timeout $T nc -w $T "$2" "$3" </dev/null 2>&1 >/dev/null);;
    bash) W=$(timeout $T bash -c "exec 3<>/dev/tcp/$2/$3" 2>&1);;
    *) echo "$1: unknown"; return;;
  esac
  said "$1" "$W" $?
}
ask() {
  HOW=$NC; U=; [ "$2" = udp ] && { HOW=$UDP; U=-u; }
  has od || [ "$HOW" = nslookup ] || HOW=
  case $HOW in
    nslookup)
      [ -n "$6" ] || { echo "$1: unknown"; return; }
      R=$(timeout $T nslookup -type=$7 "$6" "$3" 2>&1); C=$?
      case $C in 124|143|137) echo "$1: timeout";; *) echo "$1: nslookup $(echo "$R" | tr '\\n\\t' '| ')";; esac
      return;;
    nc) R=$( { printf '%b' "$5"; sleep $T; } | timeout $T nc $U "$3" "$4" 2>/dev/null | od -An -v -to1 | tr -d '\\n');;
    bash) R=$(timeout $T bash -c "exec 3<>/dev/$2/$3/$4 && printf '%b' '$5' >&3 && dd bs=4096 count=1 <&3 2>/dev/null" 2>/dev/null | od -An -v -to1 | tr -d '\\n');;
    *) echo "$1: unknown"; return;;
  esac
  if [ -n "$R" ]; then echo "$1: octal $R"; else echo "$1: timeout"; fi
}
${jobs.join('\n')}
wait
`
    .trim()
    .replaceAll('\t', ' ');
}

const nodeProgram = `
const net = require('net'), dgram = require('dgram');
const [ms, ...errands] = process.argv.slice(1);
const all = errands.map((text, index) => new Promise((done) => {
  const [kind, address, port, hex] = text.split(' ');
  let over = false, close = () => {};
  const say = (words) => { if (over) return; over = true; console.log(index + ': ' + words); close(); done(); };
  setTimeout(() => say('timeout'), Number(ms));
  const failed = (error) => say(error.code === 'ECONNREFUSED' ? 'refused' : error.code === 'ECONNRESET' ? 'reset' : error.code === 'ETIMEDOUT' ? 'timeout' : 'unknown');
  if (kind === 'udp') {
    const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
    close = () => socket.close();
    socket.on('error', failed).on('message', (answer) => say('hex ' + answer.toString('hex')));
    socket.connect(Number(port), address, () => socket.send(Buffer.from(hex, 'hex')));
  } else {
    const socket = net.connect(Number(port), address);
    close = () => socket.destroy();
    socket.on('error', failed).on('connect', () => kind === 'dial' ? say('connected') : socket.write(Buffer.from(hex, 'hex')));
    socket.on('data', (answer) => kind !== 'dial' && say('hex ' + answer.toString('hex')));
  }
}));
Promise.all(all).then(() => process.exit(0));
`.trim();

const pythonProgram = `
import socket, sys, threading
seconds = float(sys.argv[1]) / 1000
def run(index, text):
    kind, address, port, *rest = text.split(' ')
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    try:
        s = socket.socket(family, socket.SOCK_DGRAM if kind == 'udp' else socket.SOCK_STREAM)
        s.settimeout(seconds)
        s.connect((address, int(port)))
        if kind == 'dial':
            words = 'connected'
        else:
            s.send(bytes.fromhex(rest[0]))
            words = 'hex ' + s.recv(4096).hex()
    except socket.timeout: words = 'timeout'
    except ConnectionRefusedError: words = 'refused'
    except ConnectionResetError: words = 'reset'
    except Exception: words = 'unknown'
    sys.stdout.write('%d: %s\\n' % (index, words))
threads = [threading.Thread(target=run, args=each) for each in enumerate(sys.argv[2:])]
for t in threads: t.start()
for t in threads: t.join()
`.trim();

/** What the program printed, by errand; undefined where it had no means to run any. */
export function resultsIn(output: string, errands: readonly Errand[]): readonly ErrandResult[] | undefined {
  if (/^no means$/m.test(output)) return undefined;
  const said = new Map([...output.matchAll(/^(\d+): (.*)$/gm)].map(([, index, words]) => [Number(index), words ?? '']));
  return errands.map((errand, index) => resultOf(said.get(index) ?? '', errand));
}

const unknown: ErrandResult = { outcome: 'unknown' };

function resultOf(words: string, errand: Errand): ErrandResult {
  const [kind = '', ...rest] = words.trim().split(/\s+/);
  if (kind === 'connected' || kind === 'refused' || kind === 'timeout' || kind === 'reset') return { outcome: kind };
  if (errand.kind !== 'ask') return unknown;
  if (kind === 'nslookup') return answeredWith(nslookupAnswer(words.slice('nslookup'.length), errand.question));
  const numbers =
    kind === 'octal'
      ? rest.map((each) => Number.parseInt(each, 8))
      : kind === 'hex'
        ? (rest.join('').match(/../g) ?? []).map((each) => Number.parseInt(each, 16))
        : [];
  if (numbers.length === 0 || !numbers.every((each) => each >= 0 && each < 256)) return unknown;
  const bytes = Uint8Array.from(numbers);
  const message = errand.transport === 'tcp' ? messageReader()(bytes)[0] : bytes;
  const answer = message && readAnswer(message, errand.question);
  return answeredWith(typeof answer === 'object' ? answer : undefined);
}

const answeredWith = (answer: DnsAnswer | 'timeout' | undefined): ErrandResult =>
  answer === undefined ? unknown : answer === 'timeout' ? { outcome: 'timeout' } : { outcome: 'answered', answer };

/** What busybox's or BIND's nslookup says, on one line with | for its line breaks. Its exit code means nothing. */
export function nslookupAnswer(text: string, { type }: DnsQuestion): DnsAnswer | 'timeout' | undefined {
  const lines = text.split('|').map((line) => line.trim());
  if (lines.some((line) => /connection timed out|no servers could be reached/i.test(line))) return 'timeout';
  const code = /\b(NXDOMAIN|SERVFAIL|REFUSED)\b/.exec(text)?.[1];
  if (code === 'NXDOMAIN' || code === 'SERVFAIL' || code === 'REFUSED') return { outcome: code, answers: [] };
  // The server's own address stands first, before the empty line.
  const said = lines.slice(lines.indexOf('') + 1);
  const answers = said.flatMap((line): DnsAnswer['answers'] => {
    const [, alias] = /canonical name = (\S+?)\.?$/.exec(line) ?? [];
    if (alias !== undefined) return [{ type: 'CNAME', data: alias }];
    const [, address] = /^Address(?: \d+)?:\s+([0-9A-Fa-f:.]+)$/.exec(line) ?? [];
    return address === undefined || address.includes(':') !== (type === 'AAAA') ? [] : [{ type, data: address }];
  });
  if (answers.length > 0) return { outcome: 'NOERROR', answers };
  return /No answer|has no (A|AAAA|internal)/i.test(text) || said.every((line) => line === '')
    ? { outcome: 'NOERROR', answers: [] }
    : undefined;
}
