import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Report } from '../../src/diagnosis/report.ts';
import { kubeconfigFor } from '../kit/fake-api.ts';
import { apiOf, type Api } from './api.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import { environmentOf } from './kubectl.ts';
import { controlPlane as shared } from './lab.ts';
import { launch } from './processes.ts';
import { inspectCluster, stopCluster } from './running.ts';

/** A wait through what networks and API servers do. An API server of its own, since it is killed; nobody but the test writes its slices. */

let plane: ControlPlane;
let api: Api;
let restarted: ChildProcess | undefined;

beforeAll(async () => {
  const state = await mkdtemp(join(tmpdir(), 'svcdoctor-gate-'));
  ({ controlPlane: plane } = await startControlPlane(state, shared.binaries, { controllers: false }));
  api = await apiOf(plane.kubeconfig);
});

afterAll(async () => {
  restarted?.kill('SIGKILL');
  await stopCluster(plane.state);
});

const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';

/** A Service with one endpoint that is not ready; its name, which no other test or try has. */
async function serve(prefix: string): Promise<string> {
  const name = `${prefix}-${randomBytes(3).toString('hex')}`;
  await api.create('/api/v1/namespaces/default/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports: [{ name: 'http', port: 80 }] },
  });
  await api.create(slices, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: false } }],
    ports: [{ name: 'http', port: 80 }],
  });
  return name;
}

const becomesReady = (name: string) =>
  api.patch(`${slices}/${name}`, { endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true } }] });

interface Gating {
  /** It has seen that the Service is not ready, and says that it waits. */
  readonly waits: Promise<void>;
  readonly ended: Promise<{ exitCode: number | null; report: Report | undefined; stderr: string }>;
}

function gate(kubeconfig: string, name: string, wait: string): Gating {
  const cli = join(import.meta.dirname, '..', '..', 'bin', 'svcdoctor.js');
  const args = ['gate', `default/${name}`, '--kubeconfig', kubeconfig, '--wait', wait, '--settle', '1s', '-o', 'json'];
  const child = spawn(process.execPath, [cli, ...args], { env: environmentOf(plane) });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  const waits = new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said.stderr += chunk.toString();
      if (said.stderr.includes('waiting for')) resolve();
    });
    child.on('close', () => resolve());
  });
  const ended = new Promise<Awaited<Gating['ended']>>((resolve) =>
    child.on('close', (exitCode) =>
      resolve({
        exitCode,
        report: said.stdout === '' ? undefined : (JSON.parse(said.stdout) as Report),
        stderr: said.stderr,
      }),
    ),
  );
  return { waits, ended };
}

/** What happens to the first watch of the slices. */
type Fault = (request: IncomingMessage, response: ServerResponse, pass: (swallow: boolean) => void) => void;

interface Proxy extends AsyncDisposable {
  readonly kubeconfig: string;
  readonly lists: () => number;
  /** The first watch has met its fault. */
  readonly met: Promise<void>;
}

/** A proxy in front of the real API server that lets everything through but the first watch of the slices. */
async function proxyWith(fault: Fault): Promise<Proxy> {
  const config = parse(await readFile(plane.kubeconfig, 'utf8')) as { users: { user: { token: string } }[] };
  let watches = 0;
  let lists = 0;
  let tell = () => {};
  const met = new Promise<void>((resolve) => (tell = resolve));
  const server = createServer((asked, response) => {
    const path = asked.url ?? '';
    const pass = (swallow: boolean) => {
      const { host: _, ...headers } = asked.headers;
      request(new URL(path, plane.server), { headers, rejectUnauthorized: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        if (swallow) response.flushHeaders();
        else answer.pipe(response);
      })
        .on('error', () => response.destroy())
        .end();
    };
    const watch = path.includes('endpointslices') && path.includes('watch=true');
    if (path.includes('endpointslices') && !watch) lists += 1;
    if (watch) watches += 1;
    if (!watch || watches > 1) return pass(false);
    fault(asked, response, pass);
    tell();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const kubeconfig = join(plane.state, `proxy-${(server.address() as AddressInfo).port}`);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await writeFile(kubeconfig, kubeconfigFor(url, `{token: "${config.users[0]?.user.token}"}`));
  return {
    kubeconfig,
    lists: () => lists,
    met,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const expired = {
  type: 'ERROR',
  object: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Expired', code: 410, message: 'too old' },
};
const busy = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'TooManyRequests', code: 429 };

const faults: readonly (readonly [string, string, Fault])[] = [
  ['410 Gone in the stream', 'gone', (_, response) => void response.writeHead(200).end(`${JSON.stringify(expired)}\n`)],
  [
    '410 Gone as the answer',
    'gone-at-once',
    (_, response) =>
      void response.writeHead(410, { 'content-type': 'application/json' }).end(JSON.stringify(expired.object)),
  ],
  [
    '429 with Retry-After',
    'busy',
    (_, response) =>
      void response
        .writeHead(429, { 'content-type': 'application/json', 'retry-after': '1' })
        .end(JSON.stringify(busy)),
  ],
  ['a cut connection', 'cut', (asked) => void asked.socket.destroy()],
  ['a watch that goes silent', 'silent', (_asked, _response, pass) => pass(true)],
];

test.each(faults)('%s: the wait goes on and gives the right answer', async (_, prefix, fault) => {
  const name = await serve(prefix);
  await using proxy = await proxyWith(fault);
  const gating = gate(proxy.kubeconfig, name, '24s');
  await Promise.all([proxy.met, gating.waits]);
  await becomesReady(name);
  const ready = Date.now();
  const { exitCode, report, stderr } = await gating.ended;
  expect(report?.gate, stderr).toMatchObject({ result: 'pass', why: '1 ready on http 80/TCP' });
  expect(exitCode).toBe(0);
  // A silent watch is given up after a quarter of the wait and three seconds; everything else is mended within two.
  expect(Date.now() - ready).toBeLessThan(15_000);
  // Where the server has forgotten, everything is read anew; otherwise only once more, before it passes.
  expect(proxy.lists()).toBeGreaterThanOrEqual(prefix.startsWith('gone') ? 3 : 2);
});

test('the API server is killed and comes back', async () => {
  const name = await serve('restart');
  const gating = gate(plane.kubeconfig, name, '90s');
  await gating.waits;
  const found = (await inspectCluster(plane.state))?.components.find(
    (component) => component.name === 'kube-apiserver',
  );
  if (!found) throw new Error('no kube-apiserver');
  const [path = '', ...flags] = (await readFile(`/proc/${found.pid}/cmdline`, 'utf8')).split('\0').filter(Boolean);
  process.kill(found.pid, 'SIGKILL');
  await delay(1_000);
  restarted = launch(path, flags, plane.state);
  for (;;) {
    const ready = await api.get('/readyz').then(
      () => true,
      () => false,
    );
    if (ready) break;
    await delay(100);
  }
  await becomesReady(name);
  const { exitCode, report, stderr } = await gating.ended;
  expect(report?.gate, stderr).toMatchObject({ result: 'pass' });
  expect(exitCode).toBe(0);
  expect(stderr).toContain('lost sight of the cluster, trying again');
});
