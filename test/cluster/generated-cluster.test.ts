import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGeneratedCluster } from '../../bench/generated/cluster.ts';
import { causesIn, generatedCluster } from '../../bench/generated/generated-cluster.ts';
import type { Report } from '../../src/diagnosis/report.ts';
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
