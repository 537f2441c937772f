import { describe, expect, test } from 'vitest';
import { changesWithReleases, gapsBetween, selectorPatch } from '../../src/k8s/selector-miss.ts';
import { service } from '../kit/cluster.ts';

describe('gaps between labels and a selector', () => {
  test.each([
    [{ app: 'db' }, { app: 'DB' }, 'case'],
    [{ app: 'grafana' }, { app: 'grafanna' }, 'typo'],
    [{ app: 'back-end' }, { app: 'backend' }, 'typo'],
    [{ app: 'prod-db' }, { app: 'db' }, 'affix'],
    [{ app: 'redis' }, { app: 'kafka' }, 'value'],
    [{ version: '1.2' }, { version: '1.3' }, 'value'],
    [{ App: 'db' }, { app: 'db' }, 'key'],
    [{ 'app.kubernetes.io/name': 'db' }, { app: 'db' }, 'key'],
    [{ name: 'x', component: 'apiserver' }, { name: 'apiserver' }, 'key'],
    [{ app: 'db' }, { app: 'db', tier: 'backend' }, 'missing'],
    [{ app: 'web' }, { app: 'web', name: 'web' }, 'missing'],
    [{ 'pod-template-hash': 'x' }, { hash: 'x' }, 'missing'],
  ] as const)('%j for %j: %s', (labels, selector, kind) =>
    expect(gapsBetween({ ...labels }, { ...selector }).map((gap) => gap.kind)).toEqual([kind]),
  );
  test('none', () => expect(gapsBetween({ app: 'db', tier: 'x' }, { app: 'db' })).toEqual([]));
});

test.each(['app.kubernetes.io/version', 'helm.sh/chart', 'chart', 'deployTimestamp', 'git-sha', 'build-number'])(
  '%s changes with releases',
  (key) => expect(changesWithReleases(key, undefined)).toBe(true),
);
test.each(['app', 'app.kubernetes.io/name', 'pod-template-hash', 'subversion-server', 'team', 'runtime', 'prerelease'])(
  '%s does not',
  (key) => expect(changesWithReleases(key, undefined)).toBe(false),
);

test('a patch nulls what is no longer wanted', () =>
  expect(selectorPatch(service({ name: 'db', selector: { name: 'db', tier: 'x' } }), { app: 'db', tier: 'x' })).toEqual(
    { spec: { selector: { name: null, app: 'db' } } },
  ));
