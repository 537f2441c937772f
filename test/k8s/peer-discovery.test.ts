import { expect, test } from 'vitest';
import { namesService, peerNamesIn, unresolvedLines } from '../../src/k8s/peer-discovery.ts';
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
