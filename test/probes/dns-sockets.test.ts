import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { encode } from 'dns-packet';
import { expect, test } from 'vitest';
import { runForwardPlan } from '../../src/probes/run.ts';
import { ProbeFailed, type ProbeTransport } from '../../src/probes/transport.ts';

/** DNS servers that answer nonsense, over real sockets: it is never taken for an answer, and never waited for longer than a probe may take. */

const question = { name: 'db.demo.svc.cluster.local', type: 'A' } as const;

const framed = (message: Uint8Array, length = message.length) =>
  Uint8Array.from([length >> 8, length & 0xff, ...message]);
const answer = (id: number, name: string = question.name) =>
  encode({
    type: 'response',
    id,
    questions: [{ name, type: 'A' }],
    answers: [{ name, type: 'A', data: '10.96.0.7' }],
  });
const header = [0, 1, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0];

const answers: Readonly<Record<string, readonly Uint8Array[]>> = {
  garbage: [framed(Uint8Array.from({ length: 60 }, (_, index) => (index * 37) & 0xff))],
  'names that point at themselves': [framed(Uint8Array.from([...header, 0xc0, 12, 0, 1, 0, 1]))],
  'names that point at each other': [framed(Uint8Array.from([...header, 0xc0, 14, 0xc0, 12, 0, 1, 0, 1]))],
  'the number of another question': [framed(answer(7))],
  'an answer to another question': [framed(answer(1, 'evil.example.org'))],
  'an answer that is cut': [framed(answer(1).subarray(0, 20))],
  'more announced than sent': [framed(answer(1), 65_535)],
  'nothing but lengths of nothing': [Uint8Array.from({ length: 4_000 }, () => 0)],
  'a flood of strange answers': Array.from({ length: 200 }, () => framed(new Uint8Array(60_000))),
};

async function asked(pieces: readonly Uint8Array[]) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {}).once('data', () => pieces.forEach((piece) => socket.write(piece)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const no = () => Promise.reject(new ProbeFailed('forbidden', 'no'));
  const transport: ProbeTransport = {
    secure: no,
    call: no,
    exec: no,
    debug: no,
    forward: async (_pod, _ports, signal) => {
      const socket = connect(port, '127.0.0.1');
      signal.addEventListener('abort', () => socket.destroy(signal.reason as Error), { once: true });
      socket.on('error', () => {});
      const door = { port: 53, accepted: async () => 'connected' as const, received: socket };
      return {
        ports: [{ ...door, send: (bytes: Uint8Array) => void socket.write(bytes) }],
        [Symbol.dispose]: () => void socket.destroy(),
      };
    },
  };
  const pod = { namespace: 'kube-system', name: 'coredns-1' };
  const plan = {
    dns: [{ pod, node: 'node-a', address: '10.244.0.2', port: 53, questions: [question] }],
    endpoints: [],
    readiness: [],
    notes: [],
  };
  const begun = performance.now();
  try {
    const bounds = { probe: 300, deadline: Date.now() + 5_000 };
    return {
      probed: await runForwardPlan(transport, plan, bounds, new AbortController().signal),
      took: performance.now() - begun,
    };
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

test('an answer in single bytes is one', async () => {
  const bytes = [...framed(answer(1))].map((byte) => Uint8Array.of(byte));
  const { probed } = await asked(bytes);
  expect(probed.observations).toMatchObject([{ kind: 'Lookup', outcome: 'NOERROR', answers: [{ data: '10.96.0.7' }] }]);
});

test.each(Object.entries(answers))('%s is none', async (_name, pieces) => {
  const { probed, took } = await asked(pieces);
  for (const observation of probed.observations)
    expect(observation).toMatchObject({ kind: 'Lookup', outcome: 'timeout' });
  expect(took).toBeLessThan(4_000);
});
