import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { startGeneratedCluster } from '../../bench/generated/cluster.ts';
import { causesIn, generatedCluster } from '../../bench/generated/generated-cluster.ts';
import type { Report, ReportList } from '../../src/diagnosis/report.ts';
import type { KubeObject } from '../../src/k8s/objects.ts';
import { kubectl, run } from './kubectl.ts';
import type { ControlPlane } from './record.ts';
import { stopCluster } from './running.ts';

/** The benchmarks' cluster at a small size: a control plane of its own, without controllers that would change what was generated. */

const shape = { services: 140 };
let controlPlane: ControlPlane;

const svcdoctor = (...args: string[]) =>
  run(controlPlane, [process.execPath, join(import.meta.dirname, '../../bin/svcdoctor.js'), ...args]);

beforeAll(async () => {
  const state = await mkdtemp(join(tmpdir(), 'svcdoctor-gen-'));
  controlPlane = await startGeneratedCluster(state, shape, (text) => void process.stderr.write(text));
});

afterAll(() => stopCluster(controlPlane.state));

test('the API server takes every kind of object for one that it could have written', async () => {
  const ofEachKind = new Map<string, KubeObject>();
  for (const object of generatedCluster(shape)) ofEachKind.set(object.kind, object);
  // Of its Events the API server lets nothing but the count be changed.
  ofEachKind.delete('Event');
  expect(ofEachKind.size).toBeGreaterThanOrEqual(9);
  const list = { apiVersion: 'v1', kind: 'List', items: [...ofEachKind.values()].map(withoutManagedFields) };
  const said = await kubectl(controlPlane, ['replace', '--dry-run=server', '-f', '-'], JSON.stringify(list));
  expect(said.trim().split('\n')).toHaveLength(ofEachKind.size);
});

/** The API server writes them itself, and takes none from others. */
const withoutManagedFields = ({ metadata, ...object }: KubeObject) => ({
  ...object,
  metadata: { ...metadata, managedFields: undefined },
});

test('check -A finds exactly the broken Services, each with its cause', async () => {
  const { stdout, exitCode } = await svcdoctor('check', '-A', '-o', 'json', '--probe', 'none');
  const { items } = JSON.parse(stdout) as { items: readonly Report[] };
  const found = items
    .filter(({ findings }) => findings.length > 0)
    .map(({ target, findings }) => [target, findings.map(({ id }) => id)] as const);
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries([...causesIn(shape)].map(([target, cause]) => [target, [cause]])),
  );
  expect(items.length).toBeGreaterThan(shape.services);
  expect(exitCode).toBe(1);
});

describe('shared out with the Job and the roles that docs/sharding.md names', () => {
  const shards = 3;
  let asTheJob: string;

  beforeAll(async () => {
    const manifest = await readFile(join(import.meta.dirname, '../../docs/shards.yaml'), 'utf8');
    const roles = await svcdoctor('rbac', '--probe', 'none', '--service-account', 'svcdoctor/svcdoctor');
    for (const yaml of [manifest, roles.stdout]) await kubectl(controlPlane, ['apply', '-f', '-'], yaml);
    asTheJob = join(controlPlane.state, 'shards.kubeconfig');
    const token = await kubectl(controlPlane, ['create', 'token', 'svcdoctor', '-n', 'svcdoctor']);
    const config = parse(await readFile(controlPlane.kubeconfig, 'utf8')) as object;
    const user = { name: 'admin', user: { token: token.trim() } };
    await writeFile(asTheJob, JSON.stringify({ ...config, users: [user] }));
  });

  test('the Job runs the command as it stands there, one index for each shard', async () => {
    const manifest = await readFile(join(import.meta.dirname, '../../docs/shards.yaml'), 'utf8');
    const job = parseAllDocuments(manifest).at(-1)?.toJS() as Job;
    const [container] = job.spec.template.spec.containers;
    expect(job.spec.completionMode).toBe('Indexed');
    expect(container.env).toEqual([{ name: 'SHARDS', value: String(job.spec.completions) }]);
    const args = container.args[0].replace('npx --yes svcdoctor', '"$NODE" "$BIN"').replaceAll('/reports/', '"$DIR"/');
    const variables = {
      NODE: process.execPath,
      BIN: join(import.meta.dirname, '../../bin/svcdoctor.js'),
      DIR: controlPlane.state,
      SHARDS: String(shards),
      KUBECONFIG: asTheJob,
    };
    for (let index = 0; index < shards; index += 1) {
      const env = { ...variables, JOB_COMPLETION_INDEX: String(index) };
      const { exitCode, stderr } = await run(controlPlane, ['sh', '-c', args], { variables: env });
      expect(stderr).toBe('');
      expect(exitCode).toBe(0);
    }
  });

  test('their reports, merged, are the report of one run over the whole cluster', async () => {
    const files = Array.from({ length: shards }, (_, index) => join(controlPlane.state, `${index}.json`));
    const merged = await svcdoctor('merge', ...files, '-o', 'json');
    const whole = await svcdoctor('check', '-A', '-o', 'json', '--probe', 'none', '--kubeconfig', asTheJob);
    const [ours, theirs] = [merged, whole].map(({ stdout }) => (JSON.parse(stdout) as ReportList).items);
    expect(ours?.map(({ target }) => target)).toEqual(theirs?.map(({ target }) => target));
    for (const [index, report] of (theirs ?? []).entries()) expect(ours?.[index]).toEqual(report);
    expect(merged.stdout).toBe(whole.stdout);
    expect(merged.exitCode).toBe(whole.exitCode);
  }, 120_000);
});

test('a gate that was shared out decides as one does over the whole cluster', async () => {
  const files = await Promise.all(
    [0, 1].map(async (index) => {
      const file = join(controlPlane.state, `gate-${index}.json`);
      await svcdoctor('gate', '-A', '--shard', `${index}/2`, '-q', '--output-file', `json=${file}`);
      return file;
    }),
  );
  const merged = await svcdoctor('merge', ...files, '-o', 'json');
  const whole = await svcdoctor('gate', '-A', '-o', 'json');
  const decisions = ({ stdout }: { readonly stdout: string }) =>
    (JSON.parse(stdout) as ReportList).items.map(({ target, gate }) => [target, gate]);
  expect(decisions(merged)).toEqual(decisions(whole));
  expect(merged.exitCode).toBe(1);
}, 120_000);

interface Job {
  readonly spec: {
    readonly completions: number;
    readonly completionMode: string;
    readonly template: {
      readonly spec: {
        readonly containers: readonly [{ readonly args: readonly [string]; readonly env: readonly object[] }];
      };
    };
  };
}
