import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding, Report } from '../../src/diagnosis/report.ts';
import type { Ran } from '../kit/command.ts';
import { commandsAtOnce } from '../kit/commands-at-once.ts';
import { faultProxy, pass, upstreamOf } from './fault-proxy.ts';
import { faults, flood, kubeconfigFor, type Fault } from './faults.ts';
import { api, controlPlane, createDemo, kubectl, readyAddresses, run as runAny, waitForSlices } from './lab.ts';

/**
 * Every command behind every fault: the right answer, or an honest "could not" with the documented exit code, in time. What the same
 * command finds without the fault says what is right.
 */

interface Command {
  readonly args: (place: Place) => readonly string[];
  readonly does?: Fault['meets'];
  /** A namespace for this run alone, where the command changes something: one that it makes, or one with the demo and a ConfigMap of somebody else's. */
  readonly own?: 'new' | 'demo';
  /** Whether that namespace looks as it should after exit code 0. */
  readonly done?: (own: string) => Promise<boolean>;
}

/** `well` and `ill`: namespaces with the demo, the latter with a Service whose selector matches nothing. */
interface Place {
  readonly well: string;
  readonly ill: string;
  readonly own: string;
}

const json = ['--output', 'json'];
const unprobed = [...json, '--probe', 'none'];

const commands: Readonly<Record<string, Command>> = {
  'check NAME': { args: ({ well }) => ['check', `${well}/db`, ...unprobed] },
  'check BROKEN': { args: ({ ill }) => ['check', `${ill}/db`, ...unprobed] },
  'check NAME --from': {
    args: ({ well }) => ['check', `${well}/db`, '--from', `${well}/deploy/api`, ...json],
    does: 'streams',
  },
  'check -n': { args: ({ ill }) => ['check', '-n', ill, ...unprobed] },
  'check -A': { args: () => ['check', '-A', ...unprobed] },
  gate: { args: ({ ill }) => ['gate', '-n', ill, ...json] },
  'gate --wait': {
    args: ({ well }) => ['gate', '-n', well, '--wait', '4s', '--settle', '0s', ...json],
    does: 'watches',
  },
  snapshot: { args: ({ ill }) => ['snapshot', `${ill}/db`, '--probe', 'none'] },
  'deploy-demo --dry-run': { args: ({ well }) => ['deploy-demo', '-n', well, '--dry-run', 'server'], does: 'writes' },
  'deploy-demo': {
    args: ({ own }) => ['deploy-demo', '-n', own, '--no-wait'],
    does: 'writes',
    own: 'new',
    done: isThere,
  },
  'deploy-demo --delete': {
    args: ({ own }) => ['deploy-demo', '-n', own, '--delete', '--no-wait'],
    does: 'writes',
    own: 'demo',
    done: async (own) => !(await isThere(own)),
  },
  'lab verify': { args: ({ well }) => ['lab', 'verify', '-n', well, '--timeout', '1s'], does: 'streams' },
  'lab repair': { args: ({ own }) => ['lab', 'repair', '-n', own, '--timeout', '1s'], does: 'writes', own: 'demo' },
};

async function isThere(namespace: string): Promise<boolean> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const found = await api.list<{ metadata: { name: string; deletionTimestamp?: string } }>(path);
  return found.some(({ metadata: { name, deletionTimestamp } }) => name === 'api' && deletionTimestamp === undefined);
}

const upstream = await upstreamOf(controlPlane);
const program = commandsAtOnce();
let folder = '';
let place: Place;
const baselines = new Map<string, Ran>();

async function run(name: string, command: Command, fault: Fault, protocol: 'h2' | 'http/1.1') {
  const own = command.own ? `faults-${randomBytes(4).toString('hex')}` : '';
  if (command.own === 'demo') {
    const made = await program.run('deploy-demo', '-n', own, '--no-wait', '--kubeconfig', controlPlane.kubeconfig);
    expect(made.exitCode, made.stderr).toBe(0);
    await api.create(`/api/v1/namespaces/${own}/configmaps`, { metadata: { name: 'precious' } });
  }
  await using proxy = await fault.proxy(upstream, protocol);
  const id = `${name} ${fault.name} ${protocol}`.replaceAll(/[^\w]+/g, '-');
  const plugin = fault.user === 'plugin' ? join(folder, `${id}.sh`) : undefined;
  if (plugin)
    await writeFile(
      plugin,
      `#!/bin/sh\nif [ -e "$0.ran" ]; then T=second; else T=first; : >"$0.ran"; fi\n` +
        `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'$T'"}}'\n`,
      { mode: 0o700 },
    );
  const kubeconfig = join(folder, `${id}.yaml`);
  await writeFile(kubeconfig, kubeconfigFor(proxy, upstream, plugin));
  const started = Date.now();
  const timeout = fault.demands === 'right' ? '10s' : '1s';
  const args = [...command.args({ ...place, own }), '--kubeconfig', kubeconfig, '--request-timeout', timeout];
  const ran = await program.run(...args);
  return { ...ran, own, milliseconds: Date.now() - started };
}

const none: Fault = { name: 'none', demands: 'right', proxy: (up, protocol) => faultProxy(up, protocol, () => pass) };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'svcdoctor-faults-'));
  const [well, ill] = [await createDemo(), await createDemo()];
  const patch = '{"spec":{"selector":{"app":"dbx"}}}';
  await kubectl('patch', 'service', 'db', '-n', ill, '--type=merge', '-p', patch);
  await waitForSlices(ill, 'db', (slices) => readyAddresses(slices).length === 0);
  place = { well, ill, own: '' };
  for (const [name, command] of Object.entries(commands)) baselines.set(name, await run(name, command, none, 'h2'));
});

afterAll(async () => {
  program[Symbol.dispose]();
  await rm(folder, { recursive: true, force: true });
});

test('the commands do what they should where nothing is wrong', () => {
  const ends = [...baselines].map(([name, { exitCode, stderr }]) => `${name}: ${exitCode} ${stderr}`);
  expect(ends).toEqual([
    'check NAME: 0 ',
    'check BROKEN: 1 ',
    expect.stringMatching(/^check NAME --from: 0 not probed: /),
    'check -n: 1 ',
    'check -A: 1 ',
    'gate: 1 ',
    expect.stringMatching(/^gate --wait: 0 all 2 pass/),
    expect.stringMatching(/^snapshot: 0 /),
    'deploy-demo --dry-run: 0 ',
    'deploy-demo: 0 ',
    'deploy-demo --delete: 0 ',
    'lab verify: 1 ',
    'lab repair: 1 ',
  ]);
});

const pairs = Object.entries(commands).flatMap(([name, command], row) =>
  faults
    .filter(({ meets }) => meets === undefined || meets === command.does)
    .map(
      (fault, column) => ({ name, command, fault, protocol: (row + column) % 2 === 0 ? 'h2' : 'http/1.1' }) as const,
    ),
);

test('there are many pairs of a command and a fault', () => expect(pairs.length).toBeGreaterThan(300));

describe.concurrent('behind a fault', () => {
  test.each(pairs)('$name: $fault.name ($protocol)', async ({ name, command, fault, protocol }) => {
    const ran = await run(name, command, fault, protocol);
    const baseline = baselines.get(name) as Ran;
    expectDecent(ran);
    // It waits no longer than it is told to, whatever is under way.
    const right = fault.demands === 'right' && name !== 'gate --wait';
    if (right) {
      expect(ran.exitCode, ran.stderr).toBe(baseline.exitCode);
      expect(ran.stdout).not.toMatch(/state: failed/);
    }
    if (ran.exitCode === 0 && command.done) expect(await command.done(ran.own)).toBe(true);
    if (command.own === 'demo') {
      const precious = await api.get<{ metadata: object }>(`/api/v1/namespaces/${ran.own}/configmaps/precious`);
      expect(precious.metadata).not.toHaveProperty('deletionTimestamp');
    }
    if (/^(check|gate)/.test(name)) expectHonestReports(ran, baseline, right);
    else if (ran.exitCode !== 2) expect(ran.exitCode).toBe(baseline.exitCode);
    expect(ran.milliseconds).toBeLessThan(20_000);
  });
});

describe('behind answers of 300 MB each', () => {
  const entry = join(import.meta.dirname, '../../src/cli/main.ts');
  const measured = `
    const { main } = await import(${JSON.stringify(entry)});
    process.exitCode = await main(process.argv.slice(1));
    process.stderr.write('megabytes: ' + process.resourceUsage().maxRSS / 1024 + '\\n');`;

  test.each([
    ['check NAME', 'h2'],
    ['check -A', 'http/1.1'],
    ['snapshot', 'h2'],
    ['lab verify', 'http/1.1'],
  ] as const)('%s says so and takes less than a gigabyte', async (name, protocol) => {
    await using proxy = await flood.proxy(upstream, protocol);
    const kubeconfig = join(folder, 'flood.yaml');
    await writeFile(kubeconfig, kubeconfigFor(proxy, upstream));
    const args = [...(commands[name]?.args({ ...place }) ?? []), '--kubeconfig', kubeconfig];
    const ran = await runAny([process.execPath, '--input-type=module', '-e', measured, '--', ...args]);
    const [, megabytes] = /^megabytes: (\d+)/m.exec(ran.stderr) ?? [];
    expectDecent({ ...ran, stderr: ran.stderr.replace(/^megabytes.*\n/m, '') });
    if (name.startsWith('check')) expectHonestReports(ran, baselines.get(name) as Ran, false);
    expect(Number(megabytes)).toBeLessThan(1024);
  });
});

/** One of the documented exit codes, and with 2 a line that says why; never a bug's stack. */
function expectDecent({ exitCode, stdout, stderr }: Ran): void {
  expect(`${stdout}${stderr}`).not.toMatch(
    /\n\s+at .*:\d+|This is a bug|which is a bug in svcdoctor|\bundefined\b|\[object/,
  );
  // oxlint-disable-next-line no-control-regex -- what a server says must not reach the terminal as it is
  expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect([0, 1, 2], stderr).toContain(exitCode);
  // The gate's own report says what it could not judge.
  if (exitCode === 2 && stdout === '') expect(stderr).toMatch(/^error: \S.*/m);
  expect(stderr.trim().split('\n').length, stderr).toBeLessThanOrEqual(12);
}

/** Nothing is found that is not there, and nothing counts as healthy that is not; where all must be right, all is the same. */
function expectHonestReports({ stdout, exitCode }: Ran, baseline: Ran, right: boolean): void {
  if (stdout === '') return expect(exitCode).toBe(2);
  const expected = new Map(reportsIn(baseline).map((report) => [report.target, report]));
  for (const report of reportsIn({ stdout, exitCode, stderr: '' })) {
    const wanted = expected.get(report.target);
    if (!wanted) continue;
    expect(idsIn(report.findings).filter((id) => !idsIn(wanted.findings).includes(id))).toEqual([]);
    if (report.verdict !== wanted.verdict) expect(report.verdict, report.target).toBe('unknown');
    if (right) expect(report.verdict).toBe(wanted.verdict);
  }
}

function reportsIn({ stdout }: Ran): readonly Report[] {
  const parsed = JSON.parse(stdout) as Report | { readonly items: readonly Report[] };
  return 'items' in parsed ? parsed.items : [parsed];
}

const idsIn = (findings: readonly Finding[]): readonly string[] =>
  findings.flatMap(({ id, consequences }) => [id, ...idsIn(consequences)]);
