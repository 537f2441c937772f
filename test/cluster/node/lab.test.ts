import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../../src/diagnosis/report.ts';
import { breaks } from '../../../src/demo/lab/breaks.ts';
import { apply, kubectl, svcdoctor } from '../lab.ts';

/** Each failure of the lab, on the real node: it is felt, `check` names its cause first, and it can be taken back. */

const namespace = 'lab';
const lab = (...words: string[]) => svcdoctor('lab', ...words, '-n', namespace);

beforeAll(async () => {
  const { exitCode, stdout, stderr } = await svcdoctor('deploy-demo', '-n', namespace);
  if (exitCode !== 0) throw new Error(stdout + stderr);
});
afterAll(() => svcdoctor('deploy-demo', '-n', namespace, '--delete'));

// One that failed half-way leaves the demo broken, and neither its second try nor the next test could begin.
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await lab('repair');
});

const fails =
  /^ {2}GET \/health\/db → (500 \{"ok":false,"error":".+"\}|connection refused: nobody answers at svc\/api)$/m;

describe.each(breaks.map((each) => [each.name, each] as const))('%s', (name, { cause, was }) => {
  test('is felt, found first by check, and repaired', { timeout: 600_000 }, async () => {
    const broken = await lab('break', name);
    expect(broken.exitCode, broken.stderr).toBe(0);
    expect(broken.stdout).toMatch(fails);
    // Nothing that it says gives the cause away.
    expect(broken.stdout).not.toContain(was);

    const from = cause.fromApi ? ['--from', `${namespace}/deploy/api`] : [];
    const check = await svcdoctor('check', `${namespace}/${cause.service}`, ...from, '-o', 'json');
    const { findings } = JSON.parse(check.stdout) as Report;
    expect(findings.map(({ id }) => id)[0], check.stdout).toBe(cause.check);
    expect(check.exitCode).toBe(1);

    const repaired = await lab('repair');
    expect(repaired.exitCode, repaired.stdout).toBe(0);
    expect(repaired.stdout).toContain(
      `GET /health/db → 200 {"ok":true,"db":{"ok":1}}\nIt works again. What had been wrong: ${was}`,
    );
  });
});

test('after all that the demo is as it was, to the letter', async () => {
  const { stdout, exitCode } = await svcdoctor('deploy-demo', '-n', namespace);
  expect(exitCode).toBe(0);
  expect(stdout.match(/ unchanged\n/g)).toHaveLength(7);
  const { stdout: healthy } = await svcdoctor('check', `${namespace}/db`, '--from', `${namespace}/deploy/api`);
  expect(healthy).toContain('is healthy');
});

describe('a session by hand', () => {
  test('broken, hint by hint, mended with kubectl, verified', async () => {
    expect((await lab('break', 'selector')).exitCode).toBe(0);
    expect(await lab('break', 'port')).toMatchObject({
      exitCode: 2,
      stderr: `error: something is broken already\nhint: svcdoctor lab hint -n ${namespace} helps to find it; svcdoctor lab repair -n ${namespace} puts it back\n`,
    });
    const questions: string[] = [];
    for (let number = 1; number <= 5; number += 1) questions.push((await lab('hint')).stdout.split('\n')[0] ?? '');
    expect(questions).toEqual([
      '1 of 4  What does the client itself say?',
      '2 of 4  Has the Service any Pods behind it?',
      '3 of 4  Does the Service select the Pods?',
      '4 of 4  What does the doctor say?',
      '4 of 4  What does the doctor say?',
    ]);
    const notYet = await lab('verify', '--timeout', '2s');
    expect(notYet.exitCode).toBe(1);
    expect(notYet.stdout).toContain('Not yet.');
    // Somebody who tries things out leaves more behind than the mended field.
    await kubectl('patch', 'service', 'db', '-n', namespace, '-p', '{"spec":{"selector":{"app":"db"}}}');
    await kubectl('set', 'env', 'deploy/api', '-n', namespace, 'DB_PORT=5432');
    const verified = await lab('verify');
    expect(verified.exitCode).toBe(0);
    expect(verified.stdout).toContain('It works again. What had been wrong: Service db selected app=dbx');
    expect((await lab('hint')).stderr).toContain('nothing is broken');

    expect((await lab('repair')).stdout).toContain('Everything is as the manifests say.');
    const env = await kubectl('set', 'env', 'deploy/api', '-n', namespace, '--list');
    expect(env).not.toContain('DB_PORT');
  });

  test('a Service that was deleted comes back', async () => {
    await kubectl('delete', 'service', 'db', '-n', namespace);
    expect((await lab('break', 'port')).stderr).toContain(
      `the demo in namespace ${namespace} is not whole: service/db is missing`,
    );
    expect(await lab('repair')).toMatchObject({ exitCode: 0 });
  });
});

test('a NetworkPolicy of somebody else’s, with the name that a failure would give its own, stays as it is', async () => {
  const theirs = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: db-ingress }
spec: { podSelector: { matchLabels: { app: somebody } }, policyTypes: [Ingress] }
`;
  await apply(namespace, theirs);
  expect(await lab('break', 'ingress-policy')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('networkpolicy/db-ingress in namespace lab is not svcdoctor’s\nhint: '),
  });
  expect((await lab('hint')).stderr).toContain('nothing is broken');
  await lab('repair');
  const found = await kubectl('get', 'networkpolicy', 'db-ingress', '-n', namespace, '-o', 'yaml');
  expect(found).toContain('app: somebody');
  await kubectl('delete', 'networkpolicy', 'db-ingress', '-n', namespace);
});

describe('exercises', () => {
  test('scale: the slices follow the Pods, there and back', async () => {
    const { exitCode, stdout } = await lab('exercise', 'scale');
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toMatch(
      /✔ before: 2 ready: .*\n[\s\S]*after \d+ s: 5 ready: (\S+, ){4}\S+\n[\s\S]*after \d+ s: 2 ready: \S+, \S+\n/,
    );
  });

  test('recover-db: another Pod, another IP, the same name and address', async () => {
    const { exitCode, stdout } = await lab('exercise', 'recover-db');
    process.stderr.write(stdout);
    expect(exitCode, stdout).toBe(0);
    const [, address, oldPod, oldIP] = /before: db is (\S+), and leads to (\S+) at (\S+)\n/.exec(stdout) ?? [];
    const [, addressNow, newPod, newIP, before] =
      /now: db is (\S+), and leads to (\S+) at (\S+) \(before: (\S+)\)\n/.exec(stdout) ?? [];
    expect(addressNow).toBe(address);
    expect(before).toBe(oldIP);
    expect(newPod).not.toBe(oldPod);
    expect(newIP).not.toBe(oldIP);
    expect(stdout).toMatch(/after \d+ s: GET \/health\/db → 200/);
  });

  test('selector: empty slices, a refusal, and the way back', async () => {
    const { exitCode, stdout } = await lab('exercise', 'selector');
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toMatch(/the slice is empty\n.*ECONNREFUSED.*\n[\s\S]*1 ready: \S+\n.*200/);
  });
});
