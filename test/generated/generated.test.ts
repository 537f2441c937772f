import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import { mutations } from './mutations.ts';
import { randomFrom } from './random.ts';
import { healthyWorld, snapshotOfWorld, type World } from './world.ts';

const clusters = Number(process.env['GENERATED_CLUSTERS'] ?? 200);
const firstSeed = Number(process.env['GENERATED_SEED'] ?? 20260302);

const reportOn = (world: World) =>
  diagnose(viewOf(snapshotOfWorld(world)), {
    target: { namespace: world.namespace, name: world.name },
    client: { namespace: world.clientNamespace, kind: 'Deployment', name: world.client },
  });

/** The world of a seed, and the mutation it gets: each kind in its turn, skipping those that this world cannot suffer. */
function broken(index: number) {
  const random = randomFrom(firstSeed + index);
  const healthy = healthyWorld(random);
  for (let turn = 0; turn < mutations.length; turn += 1) {
    const mutation = mutations[(index + turn) % mutations.length];
    const world = mutation?.apply(healthy, random);
    if (mutation && world) return { healthy, world, mutation };
  }
  throw new Error(`seed ${firstSeed + index}: nothing can be broken`);
}

// Many share a machine: what takes a second alone takes ten there.
describe(`${clusters} generated clusters`, { timeout: 60_000 }, () => {
  const cases = Array.from({ length: clusters }, (_, index) => ({ index, ...broken(index) }));

  test('at least 25 kinds of mutation take part', () => {
    expect(new Set(cases.map(({ mutation }) => mutation.name)).size).toBeGreaterThanOrEqual(25);
  });

  test('nothing is said about the unmutated twin', () => {
    const alarms = cases.flatMap(({ index, healthy }) =>
      reportOn(healthy).findings.map(({ id, summary }) => `seed ${firstSeed + index}: ${id}: ${summary}`),
    );
    expect(alarms).toEqual([]);
  });

  test('the cause of the mutation comes first in at least 95 %', () => {
    const missed = cases.flatMap(({ index, world, mutation }) => {
      const { findings } = reportOn(world);
      if (findings[0] && mutation.causes.includes(findings[0].id)) return [];
      return [
        `seed ${firstSeed + index}, ${mutation.name}: wanted ${mutation.causes.join(' or ')}, got ${findings.map(({ id, summary }) => `${id} (${summary})`).join('; ') || 'nothing'}`,
      ];
    });
    if (missed.length > 0) console.log(`missed ${missed.length} of ${clusters}:\n${missed.join('\n')}`);
    expect(missed.length).toBeLessThanOrEqual(clusters * 0.05);
  });
});
