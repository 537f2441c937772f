import { expect, test } from 'vitest';
import type { Pod, Workload } from '../../src/k8s/objects.ts';
import { readyVariantOf } from '../../src/k8s/variants.ts';
import { service, workload } from '../kit/cluster.ts';

const variantBeside = (key: string, wanted: string, found: string) => {
  const idle = workload({ name: 'a', labels: { app: 'shop', [key]: wanted }, replicas: 0 });
  const live = workload({ name: 'b', labels: { app: 'shop', [key]: found }, replicas: 2 });
  const pods = live.filter((object): object is Pod => object.kind === 'Pod');
  const workloads = [...idle, ...live].filter(({ kind }) => kind !== 'Pod') as Workload[];
  return readyVariantOf(service({ name: 'shop', selector: { app: 'shop', [key]: wanted } }), idle[0], pods, workloads)
    ?.value;
};

test('colours and versions are variants, components are not', () => {
  expect(variantBeside('color', 'green', 'blue')).toBe('blue');
  expect(variantBeside('version', 'v2', 'v1')).toBe('v1');
  expect(variantBeside('track', 'stable', 'canary')).toBe('canary');
  expect(variantBeside('slot', 'production', 'staging')).toBe('staging');
  expect(variantBeside('component', 'web', 'worker')).toBeUndefined();
});
