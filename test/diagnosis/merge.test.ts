import { describe, expect, test } from 'vitest';
import { merge } from '../../src/diagnosis/merge.ts';
import { reportVersion, type Report, type ReportList } from '../../src/diagnosis/report.ts';

const report = (target: string, verdict: Report['verdict'] = 'healthy'): Report => ({
  apiVersion: reportVersion,
  kind: 'Report',
  target,
  verdict,
  findings: [],
  checks: [],
});
const list = (shard: string | undefined, ...targets: readonly string[]): ReportList => ({
  apiVersion: reportVersion,
  kind: 'ReportList',
  ...(shard === undefined ? {} : { shard }),
  items: targets.map((target) => report(target)),
});
const targetsOf = (merged: ReturnType<typeof merge>) =>
  merged.state === 'merged' ? merged.reports.map(({ target }) => target) : merged;

describe('reports of shards become one', () => {
  test('in the order of one run: by namespace, then by name', () => {
    expect(targetsOf(merge([list('1/2', 'shop/web', 'shop-eu/api'), list('0/2', 'demo/db', 'demo/api')]))).toEqual([
      'demo/api',
      'demo/db',
      'shop/web',
      'shop-eu/api',
    ]);
  });

  test('what two of them say alike is said once', () => {
    expect(targetsOf(merge([list(undefined, 'demo/db'), report('demo/db')]))).toEqual(['demo/db']);
  });

  test('an empty shard counts as looked at', () => {
    expect(targetsOf(merge([list('0/2'), list('1/2', 'demo/db')]))).toEqual(['demo/db']);
  });
});

describe('nothing is told as whole that is not', () => {
  test('a shard is missing', () => {
    expect(merge([list('0/4', 'demo/db'), list('2/4')])).toEqual({ state: 'incomplete', missing: ['1/4', '3/4'] });
  });

  test('they were shared out differently', () => {
    expect(merge([list('0/2'), list('1/2'), list('2/4')])).toEqual({ state: 'mixed', counts: [2, 4] });
  });

  test('they contradict each other', () => {
    const merged = merge([list(undefined, 'demo/db'), report('demo/db', 'broken')]);
    expect(merged).toEqual({ state: 'contradictory', target: 'demo/db' });
  });
});
