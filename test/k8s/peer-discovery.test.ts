import { expect, test } from 'vitest';
import { looksFor, namesService, peerMentionsIn, peerNamesIn, unresolvedLines } from '../../src/k8s/peer-discovery.ts';
import { service, workload } from '../kit/cluster.ts';

const svc = service({ name: 'zk-hs' });
const [set] = workload({ kind: 'StatefulSet', name: 'zk' });

test('peers are named by their ordinal and the Service', () => {
  expect(peerNamesIn('zk-0.zk-hs:2888,zk-1.zk-hs.demo.svc.cluster.local:2888', svc, set)).toEqual([
    'zk-0.zk-hs',
    'zk-1.zk-hs.demo.svc.cluster.local',
  ]);
  expect(peerNamesIn('kafka-0.zk-hs', svc, set)).toEqual([]);
  expect(namesService('dns_query=zk-hs.demo.svc', svc)).toBe(true);
  expect(namesService('zk-hs-metrics', svc)).toBe(false);
});

test('complaints about other names do not count', () => {
  const log = 'lookup redis: no such host\nlookup zk-1.zk-hs: no such host\nzk-1.zk-hs is fine';
  expect(unresolvedLines(log, (line) => line.includes('zk-hs'))).toEqual(['lookup zk-1.zk-hs: no such host']);
});

test('a Service is looked for where it stands as a host, not where a program, a path or a database bears its name', () => {
  const env = (key: string, text: string) => ({ path: `spec.containers[es].env[${key}]`, text });
  const args = (text: string) => ({ path: 'spec.containers[es].args', text });
  const mysql = service({ name: 'mysql' });
  expect(looksFor(env('discovery.seed_hosts', 'zk-hs'), svc)).toBe(true);
  expect(looksFor(env('JOIN', 'zk-hs.demo'), svc)).toBe(true);
  expect(looksFor(args('--join=zk-hs:26257'), svc)).toBe(true);
  expect(looksFor(args('-Djgroups.dns.query=zk-hs.demo.svc.cluster.local'), svc)).toBe(true);
  expect(looksFor(env('DIALECT', 'mysql'), mysql)).toBe(false);
  expect(looksFor(env('SEED_HOSTS', 'mysql'), mysql)).toBe(true);
  expect(looksFor(env('MYSQL_DATABASE', 'mysql'), mysql)).toBe(false);
  expect(looksFor(args('mysql -h 127.0.0.1'), mysql)).toBe(false);
  expect(looksFor(args('--config /etc/mysql/mysql.cnf'), mysql)).toBe(false);
  expect(looksFor(env('cluster.name', 'zk-hs'), svc)).toBe(false);
  expect(peerMentionsIn([env('PEERS', 'zk-1.zk-hs:2888')], svc, set).map(({ names }) => names)).toEqual([
    ['zk-1.zk-hs'],
  ]);
});
