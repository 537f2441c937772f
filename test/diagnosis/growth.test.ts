import { expect, test } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { KubeObject } from '../../src/k8s/objects.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import { targetsIn } from '../../src/snapshot/selection.ts';
import { bigCluster } from '../kit/big-cluster.ts';

/** How often some field of an object is looked at while every Service of a cluster is judged: no clock, so no flakes. */
function looksAt(services: number): number {
  let looks = 0;
  const counted = (object: KubeObject): KubeObject => {
    const copy = { apiVersion: object.apiVersion, kind: object.kind };
    for (const [field, value] of Object.entries(object)) {
      if (field === 'apiVersion' || field === 'kind') continue;
      const get = () => {
        looks += 1;
        return value as unknown;
      };
      Object.defineProperty(copy, field, { enumerable: true, get });
    }
    return copy as KubeObject;
  };
  const snapshot = bigCluster({ services, podsPerService: 4, servicesPerNamespace: 25, podsPerNode: 20 });
  const view = viewOf({ ...snapshot, objects: snapshot.objects.map(counted) });
  for (const target of targetsIn(view, { kind: 'everywhere' })) diagnose(view, { target });
  return looks;
}

test('judging twice and four times the Services looks at twice and four times the objects', () => {
  const [one = 0, two = 0, four = 0] = [25, 50, 100].map(looksAt);
  expect(two / one).toBeLessThan(2.1);
  expect(four / one).toBeLessThan(4.2);
});
