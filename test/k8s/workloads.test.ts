import { expect, test } from 'vitest';
import type { Workload } from '../../src/k8s/objects.ts';
import { lineageOf, managerOf, workloadsReachedBy } from '../../src/k8s/workloads.ts';
import { service, workload } from '../kit/cluster.ts';

const [web, replicaSet] = workload({ name: 'web' }) as unknown as readonly [Workload, Workload];
const [set] = workload({ kind: 'StatefulSet', name: 'db', replicas: 0 });

test('a Service reaches the workload that a person edits, once', () =>
  expect(workloadsReachedBy(service({ name: 'web' }), [web, replicaSet, set])).toEqual([web]));

test('a label of one revision reaches it through its ReplicaSet', () => {
  const selector = { 'pod-template-hash': replicaSet.metadata.labels?.['pod-template-hash'] ?? '' };
  expect(workloadsReachedBy(service({ name: 'web', selector }), [web, replicaSet])).toEqual([web]);
});

test('the name of a StatefulSet’s Pod is a label that its template lacks', () => {
  const one = (name: string) =>
    workloadsReachedBy(service({ name, selector: { 'statefulset.kubernetes.io/pod-name': name } }), [set]);
  expect(one('db-1')).toEqual([set]);
  expect(one('cache-1')).toEqual([]);
});

test('a lineage holds the workload and what it controls', () =>
  expect(lineageOf(web, [web, replicaSet, set])).toEqual([web, replicaSet]));

test('only its annotation names a Helm release', () => {
  const managed = (metadata: object) => managerOf({ ...web, metadata: { ...web.metadata, ...metadata } });
  const labels = { 'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/instance': 'shop' };
  expect(managed({ labels, annotations: { 'meta.helm.sh/release-name': 'shop-prod' } })).toBe('Helm release shop-prod');
  expect(managed({ labels })).toBe('Helm');
  expect(managed({})).toBeUndefined();
});
