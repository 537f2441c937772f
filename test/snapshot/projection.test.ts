import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import { parseSnapshot } from '../../src/snapshot/file.ts';
import { projector } from '../../src/snapshot/projection.ts';
import { targetsIn } from '../../src/snapshot/selection.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { parseClient } from '../../src/cli/targets.ts';
import { mutations } from '../generated/mutations.ts';
import { randomFrom } from '../generated/random.ts';
import { healthyWorld, snapshotOfWorld } from '../generated/world.ts';
import { pod } from '../kit/cluster.ts';

/** What is left of a snapshot in a sweep. */
const projected = (snapshot: Snapshot): Snapshot => ({ ...snapshot, objects: snapshot.objects.map(projector()) });

const reportsOn = (snapshot: Snapshot, from?: string) => {
  const view = viewOf(snapshot);
  const client = from === undefined ? {} : { client: parseClient(from, 'default') };
  return targetsIn(view, { kind: 'everywhere' }).map((target) => diagnose(view, { target, ...client }));
};

const cases = JSON.parse(await readFile(join(import.meta.dirname, '../cases/index.json'), 'utf8')) as readonly {
  readonly id: string;
  readonly from?: string;
}[];

describe('no check reads a field that a sweep leaves out', () => {
  test.each(cases)('$id', async ({ id, from }) => {
    const file = join(import.meta.dirname, `../cases/${id}.yaml`);
    const snapshot = parseSnapshot(await readFile(file, 'utf8'), id);
    expect(reportsOn(projected(snapshot), from)).toEqual(reportsOn(snapshot, from));
  });

  test.each(mutations.map((mutation, index) => ({ name: mutation.name, mutation, index })))(
    'a generated world after: $name',
    ({ mutation, index }) => {
      const random = randomFrom(index);
      const healthy = healthyWorld(random);
      const snapshot = snapshotOfWorld(mutation.apply(healthy, random) ?? healthy);
      expect(reportsOn(projected(snapshot))).toEqual(reportsOn(snapshot));
    },
  );
});

test('what many Pods say alike is kept once, what nobody reads not at all', () => {
  const keep = projector();
  const [one, two] = ['web-a', 'web-b'].map((name, index) => {
    const token = `kube-api-access-${name}`;
    const full = pod({
      name,
      labels: { app: 'web' },
      spec: {
        containers: [{ name: 'web', image: 'web:1', volumeMounts: [{ name: token, mountPath: '/var/run' }] }],
        volumes: [{ name: token }],
      },
      status: { podIP: `10.244.0.${index}` },
    });
    return keep(
      structuredClone({ ...full, metadata: { ...full.metadata, annotations: { 'example.com/padding': 'x' } } }),
    );
  });
  expect(one).toMatchObject({ metadata: { name: 'web-a', annotations: {} }, status: { podIP: '10.244.0.0' } });
  expect(JSON.stringify(one)).not.toMatch(/kube-api-access|padding/);
  const specOf = (object: unknown) => (object as { readonly spec: { readonly containers: unknown } }).spec;
  expect(specOf(one).containers).toBe(specOf(two).containers);
  expect(one?.metadata.labels).toBe(two?.metadata.labels);
});
