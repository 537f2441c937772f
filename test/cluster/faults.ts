import { stringify } from 'yaml';
import {
  babbler,
  cutRelay,
  faultProxy,
  nobody,
  pass,
  type Asked,
  type Deed,
  type FaultProxy,
  type Rule,
  type Upstream,
} from './fault-proxy.ts';

/** What can go wrong between us and an API server, and what may come of it. */
export interface Fault {
  readonly name: string;
  /** `right`: the command must end as if nothing had been. Else it may also say honestly that it could not. */
  readonly demands: 'right' | 'honest';
  /** Absent: every command meets it. */
  readonly meets?: 'writes' | 'streams' | 'watches';
  proxy(upstream: Upstream, protocol: 'h2' | 'http/1.1'): Promise<FaultProxy>;
  /** How the kubeconfig says who we are. */
  readonly user?: 'plugin';
}

const status = (code: number, reason: string, message: string, headers = {}): Deed => ({
  kind: 'answer',
  status: code,
  headers,
  body: JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, message, code }),
});
const html = (code: number): Deed => ({
  kind: 'answer',
  status: code,
  headers: { 'content-type': 'text/html' },
  body: '<html><head><title>No</title></head><body>\u001b[31mbad gateway\u001b[0m</body></html>',
});
const isRead = ({ method }: Asked) => method === 'GET';
const isWrite = (asked: Asked) => !isRead(asked);
const isList = ({ path }: Asked) => path.includes('limit=');
const isWatch = ({ path }: Asked) => path.includes('watch=true');
const isStream = ({ path }: Asked) => /\/(portforward|exec|attach)\?/.test(path);

const unauthorized = status(401, 'Unauthorized', 'Unauthorized');
const forbidden = status(403, 'Forbidden', 'it is forbidden: User "nobody" cannot do that');
const missing = status(404, 'NotFound', 'the server could not find the requested resource');
const conflict = status(409, 'Conflict', 'Operation cannot be fulfilled: the object has been modified');
const gone = status(410, 'Expired', 'The provided continue parameter is too old');
const busy = (seconds: string) => status(429, 'TooManyRequests', 'too many requests', { 'retry-after': seconds });
const broken = status(500, 'InternalError', 'Internal error occurred: etcdserver: request timed out');
const starting = status(503, 'ServiceUnavailable', 'apiserver not ready', { 'retry-after': '0' });

const by = (rule: Rule) => (upstream: Upstream, protocol: 'h2' | 'http/1.1') => faultProxy(upstream, protocol, rule);
const always = (deed: Deed) => by(() => deed);
/** The first answers are right. */
const afterwards = (deed: Deed, right = 3) => by(({ before }) => (before < right ? pass : deed));
const onWrites = (deed: Deed) => by((asked) => (isWrite(asked) ? deed : pass));
/** The first few of the requests concerned, then all is well. */
const atFirst = (deed: Deed, concerned: (asked: Asked) => boolean = () => true, times = 1): Fault['proxy'] => {
  return (upstream, protocol) => {
    let met = 0;
    return faultProxy(upstream, protocol, (asked) => {
      if (!concerned(asked) || met >= times) return pass;
      met += 1;
      return deed;
    });
  };
};
/** The path of each request is answered so the first time. */
const onceEach = (deed: Deed): Fault['proxy'] => {
  return (upstream, protocol) => {
    const met = new Set<string>();
    return faultProxy(upstream, protocol, ({ path }) => {
      if (met.has(path)) return pass;
      met.add(path);
      return deed;
    });
  };
};
/** From the fourth request on, only a token that is not the first one is let in. */
const expires = by(({ before, token }) => (before < 3 || token !== 'first' ? pass : unauthorized));
const watches = (deed: Deed) => by((asked) => (isWatch(asked) ? deed : pass));
const streams = (deed: Deed) => by((asked) => (isStream(asked) ? deed : pass));

const honest = (name: string, proxy: Fault['proxy'], more: Partial<Fault> = {}): Fault => ({
  name,
  demands: 'honest',
  proxy,
  ...more,
});
const right = (name: string, proxy: Fault['proxy'], more: Partial<Fault> = {}): Fault => ({
  name,
  demands: 'right',
  proxy,
  ...more,
});

/** How many bytes come before the reset: none, within the handshake, and ever later in what follows. */
const resets = [0, 1, 700, 3_000, 9_000, 60_000];

export const faults: readonly Fault[] = [
  honest('refused', nobody),
  honest('no TLS', () => babbler(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\nClient sent an HTTP request\n'))),
  honest('a TLS alert', () => babbler(Buffer.of(0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28))),
  honest('no TLS record at all', () => babbler(Buffer.from('\u0000\u0001\u0002garbage'))),
  ...resets.map((bytes) => honest(`reset after ${bytes} bytes`, (upstream) => cutRelay(upstream, bytes, Infinity))),
  ...resets.map((bytes) => right(`reset once after ${bytes} bytes`, (upstream) => cutRelay(upstream, bytes, 1))),
  honest('reset instead of an answer', always({ kind: 'reset', at: 'start' })),
  honest('reset within the head', afterwards({ kind: 'reset', at: 'head' })),
  honest('reset within the body', afterwards({ kind: 'reset', at: 'body' })),
  honest('401', always(unauthorized)),
  honest('401 in the middle', afterwards(unauthorized)),
  right('401 in the middle, and a plugin with a fresh token', expires, { user: 'plugin' }),
  honest('403', always(forbidden)),
  honest('403 in the middle', afterwards(forbidden)),
  honest('404', always(missing)),
  honest('404 of a web server', always(html(404))),
  honest('409 on writes', onWrites(conflict), { meets: 'writes' }),
  honest('403 on writes', onWrites(forbidden), { meets: 'writes' }),
  honest('500 on writes', onWrites(broken), { meets: 'writes' }),
  honest('not JSON on writes', onWrites(html(200)), { meets: 'writes' }),
  honest('cut answers on writes', onWrites({ kind: 'cut' }), { meets: 'writes' }),
  honest('silence on writes', onWrites({ kind: 'silence', after: 'nothing' }), { meets: 'writes' }),
  honest('a reset on writes', onWrites({ kind: 'reset', at: 'body' }), { meets: 'writes' }),
  honest(
    '410',
    by((asked) => (isList(asked) ? gone : pass)),
  ),
  right('410 once', atFirst(gone, isList)),
  right('429 once for each request, with Retry-After', onceEach(busy('0'))),
  honest('429 for an hour', always(busy('3600'))),
  honest('429 without an end', always(busy('0'))),
  honest('500', always(broken)),
  honest('500 in the middle', afterwards(broken)),
  right('503 at first', atFirst(starting, undefined, 3)),
  honest('503', afterwards(starting)),
  honest('502 of a load balancer', afterwards(html(502))),
  honest('cut bodies', afterwards({ kind: 'cut' })),
  honest('not JSON', always(html(200))),
  honest(
    'JSON that is not Kubernetes',
    always({ kind: 'answer', status: 200, body: '{"items": 5, "metadata": [], "groups": "x"}' }),
  ),
  honest(
    'a list of nonsense',
    afterwards({ kind: 'answer', status: 200, body: '{"items": [null, 5, {"metadata": 7}], "metadata": {}}' }),
  ),
  honest(
    'empty lists of something else',
    afterwards({ kind: 'answer', status: 200, body: '{"items": [], "total": 0}' }),
  ),
  honest('a clock that is none', always({ kind: 'answer', status: 200, headers: { date: 'yesterday' }, body: '{}' })),
  honest('silence', always({ kind: 'silence', after: 'nothing' })),
  honest('silence in the middle', afterwards({ kind: 'silence', after: 'nothing' })),
  honest('silence after the head', afterwards({ kind: 'silence', after: 'head' })),
  honest('a byte a second', afterwards({ kind: 'drip' })),
  honest('streams that end at once', streams({ kind: 'upgrade', bytes: Buffer.alloc(0), ends: true }), {
    meets: 'streams',
  }),
  honest('streams that say nothing', streams({ kind: 'upgrade', bytes: Buffer.alloc(0), ends: false }), {
    meets: 'streams',
  }),
  honest('streams of garbage', streams({ kind: 'upgrade', bytes: Buffer.alloc(70_000, 0xa7), ends: false }), {
    meets: 'streams',
  }),
  honest(
    'streams with a message of an exabyte',
    streams({
      kind: 'upgrade',
      bytes: Buffer.of(0x82, 0x7f, 0x0d, 0xe0, 0xb6, 0xb3, 0xa7, 0x64, 0, 0, 1, 2, 3),
      ends: false,
    }),
    { meets: 'streams' },
  ),
  honest('watches that end at once', watches({ kind: 'answer', status: 200, body: '' }), { meets: 'watches' }),
  honest('watches that go silent', watches({ kind: 'silence', after: 'head' }), { meets: 'watches' }),
  honest('watches that never begin', watches({ kind: 'silence', after: 'nothing' }), { meets: 'watches' }),
  honest('watches that are reset', watches({ kind: 'reset', at: 'body' }), { meets: 'watches' }),
  honest('watches of garbage', watches({ kind: 'answer', status: 200, body: '{"type": "ADDED"}\n{"typ\n' }), {
    meets: 'watches',
  }),
  honest(
    'watches of what is no object',
    watches({ kind: 'answer', status: 200, body: '{"type":"ADDED","object":{"metadata":{"name":5}}}\n' }),
    { meets: 'watches' },
  ),
  honest(
    'watches that have expired',
    watches({ kind: 'answer', status: 200, body: '{"type":"ERROR","object":{"kind":"Status","code":410}}\n' }),
    { meets: 'watches' },
  ),
  honest('watches of 300 MB', watches({ kind: 'flood', megabytes: 300 }), { meets: 'watches' }),
  honest('403 for watches', watches(forbidden), { meets: 'watches' }),
  honest('429 for watches', watches(busy('1')), { meets: 'watches' }),
  honest('a byte a second of watches', watches({ kind: 'drip' }), { meets: 'watches' }),
  honest('403 for streams', streams(forbidden), { meets: 'streams' }),
  honest('silence instead of streams', streams({ kind: 'silence', after: 'nothing' }), { meets: 'streams' }),
];

/** Answers too large to take in: for processes of their own, whose memory can be measured. */
export const flood: Fault = honest('300 MB', afterwards({ kind: 'flood', megabytes: 300 }));

/** A kubeconfig for the proxy; `plugin`: of a program that prints the token `first`, then others. */
export const kubeconfigFor = ({ url }: FaultProxy, { cert, token }: Upstream, plugin?: string): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority-data': cert.toString('base64') } }],
    users: [
      {
        name: 'me',
        user: plugin
          ? { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' } }
          : { token },
      },
    ],
    contexts: [{ name: 'here', context: { cluster: 'test', user: 'me', namespace: 'default' } }],
    'current-context': 'here',
  });
