import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Answer } from '../kubectl.ts';
import { environmentOf } from '../kubectl.ts';
import { controlPlane, createNamespace, kubectl, svcdoctor } from '../lab.ts';

/** The demo, really running: from nothing to a proven answer, and away again. */

/** Without what differs from run to run. */
const plain = (text: string): string =>
  text
    .replaceAll(/https:\/\/127\.0\.0\.1:\d+/g, 'SERVER')
    .replaceAll(/10\.96\.\d+\.\d+/g, 'ADDRESS')
    .replaceAll(/\d+ s\b/g, 'N s');

/** Which of them is ready first is a matter of luck. */
const inFixedOrder = (text: string): string =>
  text.replace(/((?:.* is rolled out, .*\n)+)/, (rollouts) =>
    rollouts
      .split(/(?<=\n)/)
      .sort()
      .join(''),
  );

afterAll(() => svcdoctor('deploy-demo', '--delete'));

test('from nothing to a proven /health/db, a second time unchanged, and nothing left after --delete', async () => {
  await svcdoctor('deploy-demo', '--delete');
  const started = Date.now();
  const first = await svcdoctor('deploy-demo');
  process.stderr.write(
    `deploy-demo, from nothing to a proven /health/db: ${((Date.now() - started) / 1000).toFixed(1)} s\n`,
  );
  expect(inFixedOrder(plain(first.stdout))).toBe(`The demo, into namespace demo of admin (SERVER)
  ✔ namespace/demo created
  ✔ configmap/api-server created
  ✔ secret/db-credentials created
  ✔ service/api created
  ✔ service/db created
  ✔ deployment/api created
  ✔ deployment/db created
  ✔ deployment/api is rolled out, 2 Pods ready (N s)
  ✔ deployment/db is rolled out, 1 Pod ready (N s)
  ✔ the api says: api listening on :3000 (db host: db)
  ✔ db (for a Pod of demo: db.demo.svc.cluster.local) resolves to ADDRESS, says the cluster DNS
  ✔ db.demo.svc.cluster.local resolves to ADDRESS, says the cluster DNS
  ✔ GET /health through svc/api: 200 {"ok":true}
  ✔ GET /health/db through svc/api: 200 {"ok":true,"db":{"ok":1}}

The demo works: the api reaches its database by the name db. (N s)
  look at it  svcdoctor check demo/db --from demo/deploy/api
  break it    svcdoctor lab list
  remove it   svcdoctor deploy-demo --delete
`);
  expect(first.exitCode).toBe(0);

  expect((await svcdoctor('check', 'demo/db', '--from', 'demo/deploy/api')).stdout).toContain('demo/db is healthy');

  const second = await svcdoctor('deploy-demo');
  expect(second.exitCode).toBe(0);
  expect(second.stdout.match(/ unchanged\n/g)).toHaveLength(7);
  expect(second.stdout).toContain('Nothing had to be changed.');

  const gone = await svcdoctor('deploy-demo', '--delete');
  expect(gone).toMatchObject({ exitCode: 0 });
  expect(gone.stdout).toContain('✔ namespace/demo is gone, and all that was in it');
  const left = [
    'get',
    'all,configmap,secret,networkpolicy',
    '-n',
    'demo',
    '-o',
    'name',
    '-l',
    'app.kubernetes.io/managed-by=svcdoctor',
  ];
  expect(await kubectl(...left)).toBe('');
  await expect(kubectl('get', 'namespace', 'demo')).rejects.toThrow('not found');
});

describe('what keeps it from running is diagnosed', () => {
  test('an image that cannot be pulled, long before the time is over; then it goes on from there', async () => {
    const started = Date.now();
    const stuck = await svcdoctor('deploy-demo', '-n', 'demo-image', '--db-image', 'postgres:17-alpin');
    expect(Date.now() - started).toBeLessThan(60_000);
    expect(stuck.exitCode).toBe(1);
    expect(stuck.stdout).toContain('✖ deployment/db does not come up: cannot pull image postgres:17-alpin\n');
    expect(stuck.stdout).toContain('✖ The image cannot be pulled: ');
    expect(stuck.stdout).toContain('svcdoctor deploy-demo --delete -n demo-image');

    const mended = await svcdoctor('deploy-demo', '-n', 'demo-image');
    expect(mended.stdout).toContain('GET /health/db through svc/api: 200 {"ok":true,"db":{"ok":1}}');
    expect(mended.exitCode).toBe(0);
    await svcdoctor('deploy-demo', '-n', 'demo-image', '--delete', '--no-wait');
  });

  test('a quota that refuses its Pods', async () => {
    const namespace = await createNamespace('no-pods');
    await kubectl('create', 'quota', 'no-pods', '-n', namespace, '--hard=pods=0');
    const { exitCode, stdout } = await svcdoctor('deploy-demo', '-n', namespace);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✖ deployment\/(api|db) does not come up: its Pods are refused: .*exceeded quota: no-pods/);
    expect(stdout).toContain('quota no-pods');
  });

  test('an image in which the container ends at once', async () => {
    const { exitCode, stdout } = await svcdoctor('deploy-demo', '-n', 'demo-crash', '--db-image', 'busybox:1.36');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /✖ deployment\/(api|db) does not come up: container postgres has ended \d+ times, exit code 0/,
    );
    await svcdoctor('deploy-demo', '-n', 'demo-crash', '--delete', '--no-wait');
  });

  test('the time is over: what it waited for is said', async () => {
    const { exitCode, stdout } = await svcdoctor(
      'deploy-demo',
      '-n',
      'demo-late',
      '--timeout',
      '1s',
      '--image-pull-policy',
      'IfNotPresent',
    );
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✖ deployment\/(db|api) does not come up: \d of [12] Pods? ready after \d s/);
    await svcdoctor('deploy-demo', '-n', 'demo-late', '--delete', '--no-wait');
  });
});

test('Ctrl-C half-way: 130, and how to go on or back', async () => {
  const interrupted = await untilItWaits('deploy-demo', '-n', 'demo-ctrl-c', '--api-image', 'node:24-slimm');
  expect(interrupted.exitCode).toBe(130);
  expect(interrupted.stderr).toMatch(
    /interrupted: what was applied stays, and goes on starting\nhint: svcdoctor deploy-demo -n demo-ctrl-c goes on from here, svcdoctor deploy-demo --delete -n demo-ctrl-c removes it\n$/,
  );
  const gone = await svcdoctor('deploy-demo', '-n', 'demo-ctrl-c', '--delete');
  expect(gone.stdout).toContain('namespace/demo-ctrl-c is gone');
});

/** Runs the CLI and interrupts it as soon as it says that it waits. */
function untilItWaits(...args: string[]): Promise<Answer> {
  const cli = join(import.meta.dirname, '..', '..', '..', 'bin', 'svcdoctor.js');
  const child = spawn(process.execPath, [cli, ...args], { env: environmentOf(controlPlane) });
  let stdout = '';
  let stderr = '';
  let interrupted = false;
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
    // Once: a second Ctrl-C ends it without a word.
    if (!interrupted && stderr.includes('waiting: ')) interrupted = child.kill('SIGINT');
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ exitCode: code ?? -1, stdout, stderr })));
}
