import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGeneratedCluster } from '../../bench/generated/cluster.ts';
import { causesIn } from '../../bench/generated/generated-cluster.ts';
import type { Report, ReportList } from '../../src/diagnosis/report.ts';
import { apiOf } from './api.ts';
import { faultProxy, pass, upstreamOf, type Asked, type Deed, type Rule } from './fault-proxy.ts';
import { kubeconfigFor } from './faults.ts';
import { run } from './kubectl.ts';
import type { ControlPlane } from './record.ts';
import { stopCluster } from './running.ts';

/** A sweep whose cluster changes, expires, throttles or refuses while it is read: it ends, says what it did not see, and what it says is so. */

const shape = { services: 140 };
let controlPlane: ControlPlane;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'svcdoctor-sweep-'));
  controlPlane = await startGeneratedCluster(folder, shape, () => {});
});

afterAll(async () => {
  await stopCluster(controlPlane.state);
  await rm(folder, { recursive: true, force: true });
});

const podsOfOne = '/api/v1/namespaces/team-0000/pods?';
const isPage = ({ path }: Asked, list: string) => path.startsWith(list) && path.includes('continue=');

async function sweep(rule: Rule) {
  await using proxy = await faultProxy(await upstreamOf(controlPlane), 'h2', rule);
  const kubeconfig = join(folder, 'proxy.kubeconfig');
  await writeFile(kubeconfig, kubeconfigFor(proxy, await upstreamOf(controlPlane)), { mode: 0o600 });
  const cli = join(import.meta.dirname, '../../bin/svcdoctor.js');
  const args = ['check', '-A', '-o', 'json', '--probe', 'none', '--kubeconfig', kubeconfig];
  const { stdout, stderr, exitCode } = await run(controlPlane, [process.execPath, cli, ...args]);
  expect(stderr).not.toMatch(/\n\s+at |bug/);
  return { reports: (JSON.parse(stdout) as ReportList).items, exitCode, asked: proxy.asked };
}

const causes = (reports: readonly Report[]) =>
  Object.fromEntries(
    reports
      .filter(({ findings }) => findings.length > 0)
      .map(({ target, findings }) => [target, findings.map(({ id }) => id)]),
  );
const allCauses = Object.fromEntries([...causesIn(shape)].map(([target, cause]) => [target, [cause]]));

/** Only what is so; a Service that is not healthy is never called that. */
function expectHonest(reports: readonly Report[]): void {
  for (const { target, verdict, findings } of reports) {
    const cause = allCauses[target]?.[0];
    if (cause === undefined)
      expect(
        findings.filter(({ certainty }) => certainty === 'certain'),
        target,
      ).toEqual([]);
    else expect(verdict, target).not.toBe('healthy');
  }
}

const status = (code: number, reason: string, headers = {}): Deed => ({
  kind: 'answer',
  status: code,
  headers,
  body: JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason,
    message: reason,
    code,
    metadata: {},
  }),
});

describe('a sweep finds all the same', () => {
  test('where every continue token of the Pods has expired, and the server offers another', async () => {
    const { body } = expired();
    const met = new Set<string>();
    const { reports, asked } = await sweep((asked) => {
      // It offers the one that it has refused, from which the real server can go on the second time.
      const [, token = ''] = /continue=([^&]+)/.exec(asked.path) ?? [];
      if (!isPage(asked, '/api/v1/pods') || met.has(token)) return pass;
      met.add(token);
      return { kind: 'answer', status: 410, body: body(decodeURIComponent(token)) };
    });
    expect(met.size).toBeGreaterThan(1);
    expect(causes(reports)).toEqual(allCauses);
    expect(asked.filter(({ path }) => path.includes('limit=0') || path.startsWith(podsOfOne))).toEqual([]);
  });

  test('where the server throttles every list once', async () => {
    const met = new Set<string>();
    const { reports } = await sweep(({ path }) => {
      if (!path.includes('limit=') || met.has(path)) return pass;
      met.add(path);
      return status(429, 'TooManyRequests', { 'retry-after': '0', 'x-kubernetes-pf-flowschema-uid': '0b1c' });
    });
    expect(causes(reports)).toEqual(allCauses);
  });

  test.each([
    [
      'nobody may list Pods everywhere',
      (asked: Asked) => asked.path.startsWith('/api/v1/pods?'),
      status(403, 'Forbidden'),
    ],
    [
      'the list of all Pods expires over and over',
      (asked: Asked) => isPage(asked, '/api/v1/pods?'),
      status(410, 'Expired'),
    ],
  ])('where %s, but namespace by namespace they can be had', async (_, concerned, deed) => {
    const { reports, asked } = await sweep((asked) => (concerned(asked) ? deed : pass));
    expect(asked.some(({ path }) => path.startsWith(podsOfOne))).toBe(true);
    expectHonest(reports);
    for (const [target, [cause = '']] of Object.entries(allCauses)) {
      const found = reports.find((report) => report.target === target)?.findings.map(({ id }) => id) ?? [];
      expect(found, target).toContain(cause);
    }
  });
});

describe('a sweep says what it could not see', () => {
  test('where one namespace is forbidden', async () => {
    const { reports } = await sweep(({ path }) =>
      path.startsWith('/api/v1/pods?') || path.startsWith('/api/v1/namespaces/team-0001/pods')
        ? status(403, 'Forbidden')
        : pass,
    );
    expectHonest(reports);
    const inside = reports.filter(({ target }) => target.startsWith('team-0001/'));
    expect(inside.length).toBeGreaterThan(0);
    expect(inside.filter(({ verdict }) => verdict === 'healthy')).toEqual([]);
  });

  test('where Pods vanish between its lists', async () => {
    const api = await apiOf(controlPlane.kubeconfig);
    let gone: Promise<unknown> | undefined;
    const { reports } = await sweep(({ path }) => {
      if (path.startsWith('/api/v1/pods?')) gone ??= api.remove(podsOfOne.slice(0, -1));
      return pass;
    });
    await gone;
    expect(await api.list(podsOfOne.slice(0, -1))).toEqual([]);
    expectHonest(reports.filter(({ target }) => !target.startsWith('team-0000/')));
    expect(reports.filter(({ target }) => target.startsWith('team-0000/')).length).toBeGreaterThan(0);
  });
});

const expired = () => ({
  body: (token: string) =>
    JSON.stringify({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      code: 410,
      reason: 'Expired',
      message: 'too old',
      metadata: { continue: token },
    }),
});
