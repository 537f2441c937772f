import { expect, test } from 'vitest';
import { parseDuration } from '../../src/cli/duration.ts';
import { parseClient, parseTarget } from '../../src/cli/targets.ts';

test('a Service may be written in many ways', () => {
  for (const text of ['demo/db', 'db', 'svc/db', 'service/db', 'services/db', 'demo/svc/db', 'demo/service/db'])
    expect(parseTarget(text, 'demo'), text).toEqual({ namespace: 'demo', name: 'db' });
  expect(parseTarget('db', 'data')).toEqual({ namespace: 'data', name: 'db' });
});

test('a Service may be named as its client is told it', () => {
  const db = { namespace: 'demo', name: 'db', port: 5432 };
  for (const text of [
    'http://db.demo:5432',
    'postgres://app:secret@db.demo/shop',
    'postgresql://db.demo.svc.cluster.local',
    'db.demo:5432',
    'db.demo.svc:5432',
    'DB.demo.svc.corp.internal.:5432',
    'db-0.db.demo.svc.cluster.local:5432',
    'demo/db:5432',
    'demo/svc/db:5432',
  ])
    expect(parseTarget(text, 'shop'), text).toEqual(db);
  expect(parseTarget('http://db', 'shop', 'demo')).toEqual({ namespace: 'demo', name: 'db', port: 80 });
  for (const text of [
    'http://10.96.0.7:80',
    'http://localhost:80',
    'https://api.example.org',
    'http://',
    'kafka://a:1,b:2',
  ])
    expect(() => parseTarget(text, 'demo'), text).toThrow(expect.objectContaining({ code: 'bad-target' }));
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
