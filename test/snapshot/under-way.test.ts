import { expect, test } from 'vitest';
import { catalogue } from '../../src/checks/index.ts';
import { earlyFindings } from '../../src/cli/early-findings.ts';
import type { KubeObject } from '../../src/k8s/objects.ts';
import { viewOf, type ClusterView } from '../../src/snapshot/cluster-view.ts';
import { gather } from '../../src/snapshot/gather.ts';
import type { Reader } from '../../src/snapshot/reader.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { cluster, service, workload } from '../kit/cluster.ts';
import { memoryReader } from '../kit/reader.ts';

const { signal } = new AbortController();

/** In alpha and beta a Service selects nothing; the Pods of alpha come first. */
const objects = cluster(
  ['alpha', 'beta', 'gamma'].flatMap((namespace) => [
    ...workload({ name: 'db', namespace }),
    service({ name: 'db', namespace, selector: namespace === 'gamma' ? { app: 'db' } : { app: 'dbx' } }),
  ]),
).objects;

/** The Pods of all namespaces come last, in pages that end within a namespace. */
function slowly(reader: Reader): Reader {
  return {
    ...reader,
    read: async (question, signal) => {
      const answer = await reader.read(question, signal);
      if (answer.state !== 'read' || question.resource.resource !== 'pods') return answer;
      await new Promise((resolve) => setTimeout(resolve, 20));
      const sorted = [...answer.objects].sort((a, b) => namespaceOf(a).localeCompare(namespaceOf(b)));
      for (let end = 1; end < sorted.length; end += 1) question.onPage?.(sorted.slice(0, end));
      return answer;
    },
  };
}

const namespaceOf = ({ metadata }: KubeObject) => metadata.namespace ?? '';

async function seenOnTheWay(look: (soFar: () => Snapshot | undefined, objects: number) => void) {
  const onProgress = (progress: { readonly objects: number; soFar(): Snapshot | undefined }) =>
    look(() => progress.soFar(), progress.objects);
  const facts = catalogue.flatMap(({ needs, uses = [] }) => [...needs, ...uses]);
  return gather(slowly(memoryReader(objects)), { selection: { kind: 'everywhere' }, facts, onProgress }, signal);
}

const podsIn = (view: ClusterView, namespace: string) =>
  view.sight({ resource: 'pods', namespaces: [namespace] }).state;

test('while Pods are read, those of the namespaces behind are known, and no others', async () => {
  const views: ClusterView[] = [];
  const counts: number[] = [];
  const whole = await seenOnTheWay((soFar, count) => {
    counts.push(count);
    const snapshot = soFar();
    if (snapshot) views.push(viewOf(snapshot));
  });
  const known = views.map((view) => ['alpha', 'beta', 'gamma'].filter((name) => podsIn(view, name) === 'read'));
  expect(known[0]).toEqual([]);
  expect(known).toContainEqual(['alpha']);
  expect(known).toContainEqual(['alpha', 'beta']);
  // The last word is the whole.
  for (const view of views.filter((_, index) => (known[index]?.length ?? 0) < 3))
    expect(view.sight({ resource: 'pods', namespaces: 'all' }).state).toBe('uncovered');
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  expect(counts.at(-1)).toBe(whole.objects.length);
});

test('what is certainly broken there is told once, and of the others nothing', async () => {
  const told: string[] = [];
  const tell = earlyFindings((line) => told.push(line));
  const partial: Snapshot[] = [];
  await seenOnTheWay((soFar) => {
    const snapshot = soFar();
    if (snapshot && podsIn(viewOf(snapshot), 'alpha') === 'read' && podsIn(viewOf(snapshot), 'beta') !== 'read')
      partial.push(snapshot);
  });
  tell(() => partial[0]);
  expect(told).toEqual([expect.stringMatching(/^alpha\/db: .*app/)]);
  tell(() => partial[0]);
  expect(told).toHaveLength(1);
});
