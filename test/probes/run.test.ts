import { decode, streamEncode } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import type { ForwardPlan } from '../../src/probes/plan.ts';
import { runForwardPlan } from '../../src/probes/run.ts';
import {
  ConnectionRefused,
  ProbeFailed,
  type FailureReason,
  type Forward,
  type ProbeTransport,
} from '../../src/probes/transport.ts';

/** What a port of a Pod does with a connection: refuse it, or answer what is sent. */
type Port = 'refuses' | 'is silent' | ((sent: Uint8Array) => Uint8Array | undefined);

const pod = { namespace: 'demo', name: 'db-0' };
const address = '10.244.0.7';
const nothing: ForwardPlan = { dns: [], endpoints: [], readiness: [], notes: [] };
const endpoint = (name = 'db-0', node = 'node-a') => ({
  pod: { namespace: 'demo', name },
  node,
  to: { address, port: 8080, protocol: 'TCP' as const },
  otherwise: [3000, 5000],
});
const names = ['kubernetes.default.svc.cluster.local', 'db.demo.svc.cluster.local'];
const server = {
  pod: { namespace: 'kube-system', name: 'coredns-1' },
  node: 'node-a',
  address: '10.244.0.2',
  port: 53,
  questions: names.map((name) => ({ name, type: 'A' as const })),
};

/** A cluster in memory; `opened` is what was asked of it, `open` how many connections were not closed. */
function cluster(ports: Readonly<Record<string, Port | FailureReason>>) {
  const opened: string[] = [];
  let open = 0;
  const transport: ProbeTransport = {
    secure: () => Promise.reject(new ProbeFailed('cut', 'it does not speak TLS')),
    call: async ({ port }) => {
      const does = ports[`db-0:${port}`];
      if (typeof does !== 'function') throw new ConnectionRefused('refused');
      return { status: 0, message: does(new Uint8Array()) ?? new Uint8Array() };
    },
    exec: () => Promise.reject(new ProbeFailed('forbidden', 'no')),
    debug: () => Promise.reject(new ProbeFailed('forbidden', 'no')),
    forward: async ({ name }, numbers, signal): Promise<Forward> => {
      const [reason] = numbers.map((port) => ports[`${name}:${port}`] ?? ports[name]);
      opened.push(`${name} ${numbers.join(',')}`);
      if (typeof reason === 'string' && reason !== 'refuses' && reason !== 'is silent')
        throw new ProbeFailed(reason, `it is ${reason}`);
      open += 1;
      return {
        ports: numbers.map((port) => portOf(port, (ports[`${name}:${port}`] as Port | undefined) ?? 'refuses', signal)),
        [Symbol.dispose]: () => void (open -= 1),
      };
    },
  };
  return { transport, opened, left: () => open };
}

function portOf(port: number, does: Port, signal: AbortSignal) {
  const received: Uint8Array[] = [];
  let arrived = Promise.withResolvers<void>();
  return {
    port,
    accepted: async () => (does === 'refuses' ? ('refused' as const) : ('connected' as const)),
    send(bytes: Uint8Array) {
      const answer = typeof does === 'function' ? does(bytes) : undefined;
      if (answer) received.push(answer);
      arrived.resolve();
    },
    received: (async function* () {
      if (does === 'refuses') throw new ConnectionRefused('refused');
      for (;;) {
        await arrived.promise;
        arrived = Promise.withResolvers();
        for (const bytes of received.splice(0)) yield bytes;
        if (signal.aborted) return;
      }
    })(),
  };
}

/** A DNS server that knows these names; every other one does not exist. */
const dns =
  (known: Readonly<Record<string, string>>) =>
  (sent: Uint8Array): Uint8Array => {
    const { id = 0, questions = [] } = decode(Buffer.from(sent.subarray(2)));
    const [question] = questions;
    const data = known[question?.name ?? ''];
    return streamEncode({
      type: 'response',
      id,
      flags: data === undefined ? 3 : 0,
      questions,
      answers:
        data === undefined || !question
          ? []
          : [{ name: question.name, type: /[a-z]/.test(data) ? 'CNAME' : 'A', data }],
    });
  };

const run = (transport: ProbeTransport, plan: Partial<ForwardPlan>, signal = new AbortController().signal) =>
  runForwardPlan(transport, { ...nothing, ...plan }, { probe: 100, deadline: Date.now() + 2000 }, signal);

describe('an endpoint', () => {
  test('that accepts is connected, and not a byte is sent', async () => {
    const { transport, opened, left } = cluster({
      'db-0:8080': () => {
        throw new Error('bytes');
      },
    });
    const { observations } = await run(transport, { endpoints: [endpoint()] });
    expect(observations).toMatchObject([{ kind: 'Connect', to: { port: 8080 }, outcome: 'connected' }]);
    expect(opened).toEqual(['db-0 8080']);
    expect(left()).toBe(0);
  });

  test('that refuses is searched for the port where its process is', async () => {
    const { transport, opened } = cluster({ 'db-0:8080': 'refuses', 'db-0:5000': 'is silent' });
    const { observations } = await run(transport, { endpoints: [endpoint()] });
    expect(observations.map((seen) => seen.kind === 'Connect' && `${seen.to.port} ${seen.outcome}`)).toEqual([
      '8080 refused',
      '5000 connected',
    ]);
    expect(opened).toEqual(['db-0 8080', 'db-0 3000,5000']);
  });

  test.each(['forbidden', 'gone', 'no-kubelet', 'unsupported', 'cut', 'timeout'] satisfies FailureReason[])(
    'that could not be asked (%s) is a note, never an observation',
    async (reason) => {
      const { observations, notes } = await run(cluster({ 'db-0': reason }).transport, { endpoints: [endpoint()] });
      expect(observations).toEqual([]);
      expect(notes.join()).toContain(`it is ${reason}`);
    },
  );

  test('whose node does not answer speaks for the other Pods there', async () => {
    const endpoints = Array.from({ length: 20 }, (_, index) =>
      endpoint(`db-${index}`, index < 18 ? 'node-a' : 'node-b'),
    );
    const ports = Object.fromEntries(
      endpoints.map(({ pod: { name }, node }) => [
        name,
        node === 'node-a' ? ('no-kubelet' as const) : ('is silent' as const),
      ]),
    );
    const { transport, opened } = cluster({ ...ports, 'db-18:8080': 'is silent', 'db-19:8080': 'is silent' });
    const { observations } = await run(transport, { endpoints });
    expect(observations).toHaveLength(1); // both have the one address of this test
    expect(opened.length).toBeLessThan(13);
  });
});

describe('a DNS Pod', () => {
  test('answers all questions on one connection, in the order of asking', async () => {
    const { transport, opened, left } = cluster({ 'coredns-1:53': dns({ [names[0] ?? '']: '10.96.0.1' }) });
    const { observations } = await run(transport, { dns: [server] });
    expect(observations).toMatchObject([
      { name: names[0], outcome: 'NOERROR', answers: [{ data: '10.96.0.1' }], server: { pod: server.pod } },
      { name: names[1], outcome: 'NXDOMAIN', answers: [] },
    ]);
    expect(opened).toEqual(['coredns-1 53']);
    expect(left()).toBe(0);
  });

  test('that stops at an alias is asked for what it leads to', async () => {
    const known = { [names[0] ?? '']: '10.96.0.1', [names[1] ?? '']: 'db.example.org', 'db.example.org': '192.0.2.7' };
    const { observations } = await run(cluster({ 'coredns-1:53': dns(known) }).transport, { dns: [server] });
    expect(observations).toMatchObject([
      {},
      { answers: [{ type: 'CNAME' }] },
      { name: 'db.example.org', answers: [{ data: '192.0.2.7' }] },
    ]);
  });

  test('whose aliases go round in a circle is not asked for ever', async () => {
    const known = {
      [names[1] ?? '']: 'a.example.org',
      'a.example.org': 'b.example.org',
      'b.example.org': 'a.example.org',
    };
    const { observations } = await run(cluster({ 'coredns-1:53': dns(known) }).transport, { dns: [server] });
    expect(observations.length).toBeLessThan(8);
  });

  test('that says nothing on an open connection times out', async () => {
    const { observations } = await run(cluster({ 'coredns-1:53': 'is silent' }).transport, { dns: [server] });
    expect(observations).toMatchObject([{ outcome: 'timeout' }, { outcome: 'timeout' }]);
  });

  test('that refuses the connection is that, and no answer', async () => {
    const { observations } = await run(cluster({ 'coredns-1:53': 'refuses' }).transport, { dns: [server] });
    expect(observations).toMatchObject([
      { kind: 'Connect', to: { address: '10.244.0.2', port: 53 }, outcome: 'refused' },
    ]);
  });

  test('whose answers are none for our questions is a note', async () => {
    const garbage: Port = (sent) =>
      Uint8Array.from([0, 12, sent[2] ?? 0, sent[3] ?? 0, 0x80, 0, 0, 9, 0, 0, 0, 0, 0, 0]);
    const { observations, notes } = await run(cluster({ 'coredns-1:53': garbage }).transport, { dns: [server] });
    expect(observations).toEqual([]);
    expect(notes.join()).toContain('not a DNS message');
  });

  test('that answers with other numbers than it was asked with has not answered', async () => {
    const strangers: Port = (sent) => {
      const answer = dns({})(sent);
      answer[2] = 0xff;
      return answer;
    };
    const { observations } = await run(cluster({ 'coredns-1:53': strangers }).transport, { dns: [server] });
    expect(observations).toMatchObject([{ outcome: 'timeout' }, { outcome: 'timeout' }]);
  });
});

describe('a readiness probe', () => {
  const http =
    (statuses: Readonly<Record<string, number>>): Port =>
    (sent) => {
      const path = /^GET (\S+)/.exec(new TextDecoder().decode(sent))?.[1] ?? '';
      return new TextEncoder().encode(`HTTP/1.1 ${statuses[path] ?? 404} So\r\nServer: x\r\n\r\n`);
    };
  const repeated = {
    pod,
    node: 'node-a',
    port: 8080,
    address,
    request: { path: '/ready', host: `${address}:8080`, headers: [] },
    otherwise: ['/healthz', '/health', '/'],
  };
  const statuses = async (port: Port) =>
    (await run(cluster({ 'db-0:8080': port }).transport, { readiness: [repeated] })).observations.map((seen) =>
      seen.kind === 'HttpGet' ? `${seen.path} ${seen.status}` : seen.kind,
    );

  test('whose path is unknown to the app finds the one that is not', async () => {
    expect(await statuses(http({ '/health': 200 }))).toEqual(['/ready 404', '/healthz 404', '/health 200']);
  });
  test('that fails otherwise is not followed by guesses', async () => {
    expect(await statuses(http({ '/ready': 503, '/health': 200 }))).toEqual(['/ready 503']);
  });
  test('to a port that does not speak HTTP proves nothing', async () => {
    expect(await statuses(() => new TextEncoder().encode('220 mail ESMTP\r\n'))).toEqual([]);
  });
  test('by gRPC says how the server is', async () => {
    const { request: _, ...grpc } = { ...repeated, health: { authority: `${address}:8080`, service: 'shop' } };
    const ask = async (port: Port) =>
      (await run(cluster({ 'db-0:8080': port }).transport, { readiness: [grpc] })).observations;
    expect(await ask(() => Uint8Array.from([0, 0, 0, 0, 2, 8, 2]))).toEqual([
      { kind: 'GrpcHealth', pod, port: 8080, service: 'shop', status: 'NOT_SERVING' },
    ]);
    expect(await ask('refuses')).toMatchObject([{ kind: 'Connect', outcome: 'refused' }]);
  });
  test('over TLS, to a port that speaks none, proves nothing and says why', async () => {
    const { transport } = cluster({ 'db-0:8080': http({}) });
    const { observations, notes } = await run(transport, { readiness: [{ ...repeated, secure: true }] });
    expect(observations).toEqual([]);
    expect(notes.join()).toContain('does not speak TLS');
  });
  test('that is refused says so', async () => {
    expect(await statuses('refuses')).toEqual(['Connect']);
  });
});

test('an interruption ends everything and is told', async () => {
  const controller = new AbortController();
  const reason = new Error('interrupted');
  setTimeout(() => controller.abort(reason), 20);
  const { transport, left } = cluster({ 'coredns-1:53': 'is silent' });
  await expect(run(transport, { dns: [server] }, controller.signal)).rejects.toBe(reason);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(left()).toBe(0);
});
