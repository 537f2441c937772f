import { expect, test } from 'vitest';
import { viewOf, type ReadNeed } from '../../src/snapshot/cluster-view.ts';
import type { Coverage } from '../../src/snapshot/snapshot.ts';
import { service, snapshotOf } from '../kit/cluster.ts';

const pods = { group: '', resource: 'pods' };
const inDemo: ReadNeed = { resource: 'pods', namespaces: ['demo'] };
const sight = (coverage: readonly Coverage[] | 'complete', need: ReadNeed) =>
  viewOf(snapshotOf([], [], coverage)).sight(need).state;

test('complete covers everything', () => expect(sight('complete', inDemo)).toBe('read'));
test('nothing read, nothing known', () => expect(sight([], inDemo)).toBe('uncovered'));

test('a list of all namespaces covers each', () => {
  expect(sight([{ ...pods, namespaces: 'all', state: 'read' }], inDemo)).toBe('read');
});

test('a list of one namespace covers no other, and not all', () => {
  const coverage: Coverage[] = [{ ...pods, namespaces: ['demo'], state: 'read' }];
  expect(sight(coverage, inDemo)).toBe('read');
  expect(sight(coverage, { ...inDemo, namespaces: ['demo', 'data'] })).toBe('uncovered');
  expect(sight(coverage, { ...inDemo, namespaces: 'all' })).toBe('uncovered');
});

test('what was asked for by name or label covers just that', () => {
  const named: Coverage[] = [{ ...pods, namespaces: ['demo'], names: ['db-0'], state: 'read' }];
  expect(sight(named, { ...inDemo, names: ['db-0'] })).toBe('read');
  expect(sight(named, { ...inDemo, names: ['db-1'] })).toBe('uncovered');
  expect(sight(named, inDemo)).toBe('uncovered');
  const labelled: Coverage[] = [{ ...pods, namespaces: 'all', labelSelector: 'app=db', state: 'read' }];
  expect(sight(labelled, { resource: 'pods', namespaces: 'all', labelSelector: 'app=db' })).toBe('read');
  expect(sight(labelled, inDemo)).toBe('uncovered');
});

test('forbidden everywhere but read here is read here', () => {
  const coverage: Coverage[] = [
    { ...pods, namespaces: 'all', state: 'forbidden', detail: 'may not' },
    { ...pods, namespaces: ['demo'], state: 'read' },
  ];
  expect(sight(coverage, inDemo)).toBe('read');
  expect(sight(coverage, { ...inDemo, namespaces: ['data'] })).toBe('forbidden');
});

test('what the server does not serve does not exist', () => {
  const need: ReadNeed = { resource: 'keda.sh/scaledobjects', namespaces: ['demo'] };
  expect(sight([{ group: 'keda.sh', resource: 'scaledobjects', namespaces: ['data'], state: 'notServed' }], need)).toBe(
    'read',
  );
});

test('a plain file is a part of the truth: what it lacks is unknown', () => {
  const view = viewOf(snapshotOf([service({ name: 'db' })], [], undefined));
  const { coverage: _, ...plain } = view.snapshot;
  expect(viewOf(plain).sight({ resource: 'services', namespaces: ['demo'] }).state).toBe('partial');
  expect(viewOf(plain).sight(inDemo).state).toBe('uncovered');
});
