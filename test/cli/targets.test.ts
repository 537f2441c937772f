import { expect, test } from 'vitest';
import { parseDuration } from '../../src/cli/duration.ts';
import { parseClient, parseTarget } from '../../src/cli/targets.ts';

test('a Service may be written in many ways', () => {
  for (const text of ['demo/db', 'db', 'svc/db', 'service/db', 'services/db', 'demo/svc/db', 'demo/service/db'])
    expect(parseTarget(text, 'demo'), text).toEqual({ namespace: 'demo', name: 'db' });
  expect(parseTarget('db', 'data')).toEqual({ namespace: 'data', name: 'db' });
});

test('what is none is refused with a hint', () => {
  for (const text of ['', 'a/b/c', 'a/b/c/d', 'Db', 'db_1', 'demo/', '/db', 'db.', '--', 'demo/pod/db'])
    expect(() => parseTarget(text, 'demo'), text).toThrow(expect.objectContaining({ code: 'bad-target' }));
});

test('a client is a workload or a Pod', () => {
  const api = { namespace: 'demo', kind: 'Deployment', name: 'api' };
  for (const text of ['demo/Deployment/api', 'demo/deploy/api', 'deploy/api', 'deployments/api'])
    expect(parseClient(text, 'demo'), text).toEqual(api);
  expect(parseClient('api-0', 'demo')).toEqual({ namespace: 'demo', kind: 'Pod', name: 'api-0' });
  expect(parseClient('shop/api-0', 'demo')).toEqual({ namespace: 'shop', kind: 'Pod', name: 'api-0' });
  for (const text of ['demo/service/db', 'a/b/c/d', 'Demo/deploy/api', ''])
    expect(() => parseClient(text, 'demo'), text).toThrow(expect.objectContaining({ code: 'bad-client' }));
});

test('durations as kubectl takes them', () => {
  expect(['10s', '1m', '1m30s', '500ms', '15', '1.5', '0', '0s'].map((text) => parseDuration(text, '-t'))).toEqual([
    10_000, 60_000, 90_000, 500, 15_000, 1_500, 0, 0,
  ]);
  for (const text of ['', 'x', '10x', 's', '-1', '1 m', '10s!'])
    expect(() => parseDuration(text, '-t'), text).toThrow(expect.objectContaining({ code: 'bad-option' }));
});
