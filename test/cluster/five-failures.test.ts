import { afterAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/diagnosis/report.ts';
import {
  createDemo,
  kubectl,
  readyAddresses,
  restoreClusterDns,
  run,
  runPods,
  svcdoctor,
  waitForSlices,
} from './lab.ts';

/** The classic checklist on the real API server: break, check, run exactly the printed fix, check again. */

async function check(...args: string[]): Promise<{ exitCode: number | null; report: Report; stderr: string }> {
  const { exitCode, stdout, stderr } = await svcdoctor('check', ...args, '-o', 'json');
  return { exitCode, report: JSON.parse(stdout) as Report, stderr };
}

async function expectHealthy(...args: string[]): Promise<void> {
  const { exitCode, report } = await check(...args);
  expect(report.findings.map(({ id, summary }) => `${id}: ${summary}`)).toEqual([]);
  expect(report.verdict, JSON.stringify(report.checks.filter(({ because }) => because === 'blind'))).toBe('healthy');
  expect(exitCode).toBe(0);
}

/** The first cause is the one expected; runs the commands that it prints as its fix. */
async function expectCauseAndFix(id: string, ...args: string[]): Promise<Report> {
  const { exitCode, report } = await check(...args);
  expect(
    report.findings[0]?.id,
    report.findings.map(({ id: found, summary }) => `${found}: ${summary}`).join('\n'),
  ).toBe(id);
  expect(report.verdict).toBe('broken');
  expect(exitCode).toBe(1);
  const commands = report.findings[0]?.fix.commands ?? [];
  expect(commands.length).toBeGreaterThan(0);
  for (const [program = '', ...rest] of commands) {
    const answer = await run([program, ...rest]);
    expect(answer.exitCode, `${program} ${rest.join(' ')}: ${answer.stderr}`).toBe(0);
  }
  return report;
}

describe('the demo stack', () => {
  test('is healthy, with and without a client', async () => {
    const namespace = await createDemo();
    await expectHealthy(`${namespace}/db`);
    await expectHealthy(`${namespace}/db`, '--from', `${namespace}/deploy/api`);
    await expectHealthy(`${namespace}/api`);
  });

  test('selector: the Service asks for a label that no Pod has', async () => {
    const namespace = await createDemo();
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
    await expectCauseAndFix('selector/no-matching-pods', `${namespace}/db`, '--from', `${namespace}/deploy/api`);
    await waitForSlices(namespace, 'db', (slices) => readyAddresses(slices).length === 1);
    await expectHealthy(`${namespace}/db`);
  });

  test('endpoints: somebody scaled the database to zero', async () => {
    const namespace = await createDemo();
    await kubectl('scale', 'deployment', 'db', '-n', namespace, '--replicas=0');
    await runPods(namespace);
    await waitForSlices(namespace, 'db', (slices) => readyAddresses(slices).length === 0);
    await expectCauseAndFix('endpoints/scaled-to-zero', `${namespace}/db`);
    await runPods(namespace);
    await waitForSlices(namespace, 'db', (slices) => readyAddresses(slices).length === 1);
    await expectHealthy(`${namespace}/db`);
  });

  test('port: the targetPort names a port that the container does not have', async () => {
    const namespace = await createDemo();
    await kubectl(
      'patch',
      'service',
      'db',
      '-n',
      namespace,
      '--type=json',
      '-p',
      '[{"op":"replace","path":"/spec/ports/0/targetPort","value":"postgresql"}]',
    );
    await waitForSlices(namespace, 'db', (slices) => slices.every(({ ports }) => (ports ?? []).length === 0));
    await expectCauseAndFix('ports/named-port-unresolved', `${namespace}/db`);
    await waitForSlices(namespace, 'db', (slices) => slices.some(({ ports }) => (ports ?? []).length === 1));
    await expectHealthy(`${namespace}/db`);
  });

  test('namespace: the API lives elsewhere and asks for "db"', async () => {
    const [home, away] = [await createDemo(), await createDemo()];
    await kubectl('delete', 'service,deployment', 'db', '-n', away);
    await expectCauseAndFix('name/short-name-from-another-namespace', `${home}/db`, '--from', `${away}/deploy/api`);
    await runPods(away);
    await expectHealthy(`${home}/db`, '--from', `${away}/deploy/api`);
  });
});

describe('the cluster DNS', () => {
  afterAll(restoreClusterDns);

  test('CoreDNS scaled to zero', async () => {
    const namespace = await createDemo();
    await kubectl('scale', 'deployment', 'coredns', '-n', 'kube-system', '--replicas=0');
    await runPods('kube-system');
    await waitForSlices('kube-system', 'kube-dns', (slices) => readyAddresses(slices).length === 0);
    await expectCauseAndFix('dns/no-pods', `${namespace}/db`, '--from', `${namespace}/deploy/api`);
    await runPods('kube-system');
    await waitForSlices('kube-system', 'kube-dns', (slices) => readyAddresses(slices).length > 0);
    await expectHealthy(`${namespace}/db`);
  });
});
