import { expect, test } from 'vitest';
import { isInShard } from '../../src/snapshot/shard.ts';

const namespaces = Array.from({ length: 600 }, (_, index) => `team-${String(index).padStart(4, '0')}`);

test.each([1, 2, 3, 7, 16])(
  'of %i shards, each namespace is in exactly one, and none is far above its share',
  (count) => {
    const shards = Array.from({ length: count }, (_, index) =>
      namespaces.filter((namespace) => isInShard(namespace, { index, count })),
    );
    expect(shards.flat().sort()).toEqual(namespaces);
    const share = namespaces.length / count;
    for (const shard of shards) expect(Math.abs(shard.length - share)).toBeLessThan(0.4 * share);
  },
);

test('a namespace stays in its shard from version to version', () => {
  const shardOf = (namespace: string) => [0, 1, 2, 3, 4].find((index) => isInShard(namespace, { index, count: 5 }));
  expect(['default', 'kube-system', 'demo', 'shop'].map(shardOf)).toEqual([3, 0, 0, 4]);
});
