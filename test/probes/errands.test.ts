import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { encode, decode, streamEncode } from 'dns-packet';
import { expect, onTestFinished, test } from 'vitest';
import { couriers, nslookupAnswer, resultsIn, shellProgram, type Errand } from '../../src/probes/errands.ts';

const question = { name: 'db.demo.svc.cluster.local', type: 'A' } as const;
const address = '127.0.0.1';
const answerTo = (message: Buffer) => ({
  type: 'response' as const,
  ...(decode(message).id === undefined ? {} : { id: decode(message).id ?? 0 }),
  questions: [question],
  answers: [{ ...question, data: '10.96.0.7' }],
});

/** A DNS server on loopback that answers over both transports. */
async function dnsServer(): Promise<{ readonly tcp: number; readonly udp: number }> {
  const udp = createSocket('udp4');
  udp.on('message', (message, { port, address: from }) => udp.send(encode(answerTo(message)), port, from));
  await new Promise<void>((resolve) => udp.bind(0, address, resolve));
  const tcp = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => bytes.length > 2 && socket.write(streamEncode(answerTo(bytes.subarray(2)))));
  });
  await new Promise<void>((resolve) => tcp.listen(0, address, resolve));
  onTestFinished(() => {
    udp.close();
    tcp.close();
  });
  return { tcp: (tcp.address() as AddressInfo).port, udp: udp.address().port };
}

/** As it was seen, whichever program is installed here. */
const resolved = { outcome: 'answered', answer: { outcome: 'NOERROR', answers: [{ type: 'A', data: '10.96.0.7' }] } };

test.each(couriers.map((courier) => [courier.name, courier] as const))(
  '%s runs errands as it does in a Pod',
  async (name, courier) => {
    const { tcp, udp } = await dnsServer();
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, address, resolve));
    const nobody = (closed.address() as AddressInfo).port;
    await new Promise((resolve) => closed.close(resolve));
    const errands: readonly Errand[] = [
      { kind: 'dial', address, port: tcp },
      { kind: 'dial', address, port: nobody },
      { kind: 'ask', transport: 'tcp', address, port: tcp, question },
      { kind: 'ask', transport: 'udp', address, port: udp, question },
    ];
    const [program = '', ...args] = courier.command(errands, 1);
    const run = await promisify(execFile)(program === 'node' ? process.execPath : program, args).catch(() => undefined);
    if (!run) return expect(name).toBe('python3'); // the others are wherever these tests run
    expect(resultsIn(run.stdout, errands)).toEqual([
      { outcome: 'connected' },
      { outcome: 'refused' },
      resolved,
      resolved,
    ]);
  },
);

test('nothing but an address gets into a shell', () => {
  expect(() => shellProgram([{ kind: 'dial', address: '$(reboot)', port: 80 }], 1)).toThrow('no address');
  const program = shellProgram(
    [{ kind: 'ask', transport: 'udp', address, port: 53, question: { name: "x';reboot;'", type: 'A' } }],
    1,
  );
  expect(program).not.toContain('reboot');
});

test('a program without means says so, and one that says nothing knows nothing', () => {
  const errands: readonly Errand[] = [{ kind: 'dial', address, port: 80 }];
  expect(resultsIn('no means\n', errands)).toBe(undefined);
  for (const output of ['', '0: ', '0: octal 999', '0: hex zz', '0: answered', '7: connected', 'sh: syntax error'])
    expect(resultsIn(output, errands)).toEqual([{ outcome: 'unknown' }]);
});

const busybox = 'Server:  10.96.0.10|Address: 10.96.0.10:53||';
test.each([
  [
    `${busybox}Name: db.demo.svc.cluster.local|Address: 10.96.0.7|`,
    { outcome: 'NOERROR', answers: [{ type: 'A', data: '10.96.0.7' }] },
  ],
  [`${busybox}** server can't find nope.: NXDOMAIN|`, { outcome: 'NXDOMAIN', answers: [] }],
  [`${busybox}** server can't find x.: SERVFAIL|`, { outcome: 'SERVFAIL', answers: [] }],
  [`${busybox}|`, { outcome: 'NOERROR', answers: [] }],
  [`${busybox}*** Can't find x: No answer|`, { outcome: 'NOERROR', answers: [] }],
  [
    `Server: 10.96.0.10|Address: 10.96.0.10#53||ext.demo canonical name = example.org.|Name: example.org|Address: 192.0.2.1|`,
    {
      outcome: 'NOERROR',
      answers: [
        { type: 'CNAME', data: 'example.org' },
        { type: 'A', data: '192.0.2.1' },
      ],
    },
  ],
  [';; connection timed out; no servers could be reached|', 'timeout'],
  ['BusyBox v1.20 multi-call binary.||Usage: nslookup [HOST] [SERVER]|', undefined],
])('nslookup’s %j', (text, answer) => {
  expect(nslookupAnswer(text, question)).toEqual(answer);
});
