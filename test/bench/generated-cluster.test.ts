import { expect, test } from 'vitest';
import { causesIn, generatedCluster, generatedSnapshot } from '../../bench/generated/generated-cluster.ts';
import { faults } from '../../bench/generated/faults.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import { targetsIn } from '../../src/snapshot/selection.ts';

/** What the benchmarks measure is a diagnosis only if it finds what is broken in the generated cluster, and nothing else. */

const shape = { services: 140 };

test('a seed gives the same cluster again, and another seed another one', () => {
  const text = (seed: number) => JSON.stringify([...generatedCluster({ services: 25, seed })]);
  expect(text(1)).toBe(text(1));
  expect(text(2)).not.toBe(text(1));
});

test('a tenth of its Services is broken, in every way that there is', () => {
  const causes = causesIn(shape);
  expect(causes.size).toBe(14);
  expect(new Set(causes.values())).toEqual(new Set(Object.values(faults)));
});

test('exactly the broken Services have findings: the causes of their faults, and no other', () => {
  const view = viewOf(generatedSnapshot(shape));
  const targets = targetsIn(view, { kind: 'everywhere' });
  expect(targets.length).toBeGreaterThan(shape.services);
  const found = targets
    .map((target) => diagnose(view, { target }))
    .filter(({ verdict }) => verdict !== 'healthy')
    .map(({ target, findings }) => [target, findings.map(({ id }) => id)] as const);
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries([...causesIn(shape)].map(([target, cause]) => [target, [cause]])),
  );
});

test('its Pods are as large as real ones, and bulk makes them larger', () => {
  const podBytes = (bulk: number) => {
    const pods = [...generatedCluster({ services: 20, bulk })].filter(({ metadata }) => metadata.managedFields);
    return pods.reduce((sum, pod) => sum + JSON.stringify(pod).length, 0) / pods.length;
  };
  expect(podBytes(1)).toBeGreaterThan(5_000);
  expect(podBytes(1)).toBeLessThan(6_500);
  expect(podBytes(3) / podBytes(1)).toBeGreaterThan(2.8);
  expect(podBytes(3) / podBytes(1)).toBeLessThan(3.3);
});
