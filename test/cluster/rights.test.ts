import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/diagnosis/report.ts';
import { createDemo, kubectl, readyAddresses, run, svcdoctor, waitForSlices } from './lab.ts';

/** What a person with fewer rights is told: never "healthy" on the strength of what could not be read. */

const asViewer = (...args: string[]) => svcdoctor(...args, '--context', 'viewer');

describe('somebody who may read one namespace', () => {
  test('gets "unknown", the permissions that are missing, and 3 with --strict', async () => {
    const namespace = await createDemo();
    await kubectl('create', 'rolebinding', 'viewer', '-n', namespace, '--clusterrole=view', '--user=viewer');
    const text = await asViewer('check', `${namespace}/db`);
    expect(text.stdout).toContain('Nothing wrong was seen');
    expect(text.stdout).toContain('list services in kube-system');
    expect(text.exitCode).toBe(0);
    expect((await asViewer('check', `${namespace}/db`, '--strict')).exitCode).toBe(3);
    const { stdout } = await asViewer('check', `${namespace}/db`, '-o', 'json');
    expect((JSON.parse(stdout) as Report).verdict).toBe('unknown');
  });

  test('still gets the cause of what is wrong there', async () => {
    const namespace = await createDemo();
    await kubectl('create', 'rolebinding', 'viewer', '-n', namespace, '--clusterrole=view', '--user=viewer');
    await kubectl(
      'patch',
      'service',
      'db',
      '-n',
      namespace,
      '--type=merge',
      '-p',
      '{"spec":{"selector":{"app":"dbx"}}}',
    );
    await waitForSlices(namespace, 'db', (slices) => readyAddresses(slices).length === 0);
    const { stdout, exitCode } = await asViewer('check', `${namespace}/db`, '-o', 'json');
    expect((JSON.parse(stdout) as Report).findings[0]?.id).toBe('selector/no-matching-pods');
    expect(exitCode).toBe(1);
  });
});

test('somebody without any right is told what is missing, and gets 2', async () => {
  const namespace = await createDemo();
  const { exitCode, stderr, stdout } = await asViewer('check', `${namespace}/api`);
  expect(exitCode).toBe(2);
  expect(stdout).toContain(`list services in ${namespace}`);
  expect(stdout).not.toContain('no such Service');
  expect(stderr).toMatch(/^error: .*services/m);
  expect(stderr).not.toMatch(/\n\s+at /);
});

describe('a snapshot', () => {
  test.each([
    ['healthy', []],
    ['with a broken selector', ['--type=merge', '-p', '{"spec":{"selector":{"app":"dbx"}}}']],
    [
      'with a port that nobody has',
      ['--type=json', '-p', '[{"op":"replace","path":"/spec/ports/0/targetPort","value":"nope"}]'],
    ],
  ])('%s gives the same report without the cluster', async (_name, patch) => {
    const namespace = await createDemo();
    if (patch.length > 0) {
      await kubectl('patch', 'service', 'db', '-n', namespace, ...patch);
      await waitForSlices(namespace, 'db', (slices) =>
        slices.every(({ ports, endpoints }) => !ports?.length || !endpoints?.length),
      );
    }
    const live = await svcdoctor('check', `${namespace}/db`, '--from', `${namespace}/deploy/api`, '-o', 'json');
    const { stdout: snapshot } = await svcdoctor('snapshot', `${namespace}/db`, '--from', `${namespace}/deploy/api`);
    expect(snapshot).not.toMatch(/kind: Secret$/m);
    const cli = new URL('../../bin/svcdoctor.js', import.meta.url).pathname;
    const offline = await run(
      [
        process.execPath,
        cli,
        'check',
        `${namespace}/db`,
        '--from',
        `${namespace}/deploy/api`,
        '--snapshot',
        '-',
        '-o',
        'json',
      ],
      snapshot,
    );
    expect(offline.stdout).toBe(live.stdout);
    expect(offline.exitCode).toBe(live.exitCode);
  });
});

test('everything in the test cluster is quiet: check -A', async () => {
  const namespace = await createDemo();
  const { stdout } = await svcdoctor('check', '-A', '-o', 'json');
  const { items } = JSON.parse(stdout) as { items: readonly Report[] };
  const own = items.filter(
    ({ target }) =>
      target.startsWith(`${namespace}/`) || target.startsWith('kube-system/') || target.startsWith('default/'),
  );
  expect(own.length).toBeGreaterThanOrEqual(4);
  expect(
    own.flatMap(({ target, findings }) => findings.map(({ id, summary }) => `${target}: ${id}: ${summary}`)),
  ).toEqual([]);
});
