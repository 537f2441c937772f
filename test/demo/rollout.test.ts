import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DemoCluster } from '../../src/demo/cluster.ts';
import { awaitRollouts } from '../../src/demo/rollout.ts';
import type { Teller } from '../../src/demo/teller.ts';

/** How long is waited for what, on a clock of our own. */

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const deployment = (ready: boolean) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'db', generation: 1 },
  spec: { replicas: 1 },
  status: {
    observedGeneration: 1,
    replicas: 1,
    updatedReplicas: 1,
    readyReplicas: ready ? 1 : 0,
    availableReplicas: ready ? 1 : 0,
  },
});

const pod = (state: object, restartCount = 0) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'db-1', uid: 'a' },
  spec: { nodeName: 'node-1', containers: [{ name: 'postgres', image: 'postgres:17' }] },
  status: {
    phase: 'Pending',
    conditions: [{ type: 'PodScheduled', status: 'True' }],
    containerStatuses: [{ name: 'postgres', ready: false, restartCount, ...state }],
  },
});

const waits = (reason: string, message = '') => ({ state: { waiting: { reason, message } } });

/** A cluster that shows one Deployment and its Pod, as they are at some second. */
function showing(at: (second: number) => { readonly ready?: boolean; readonly pod?: object }): DemoCluster {
  const started = Date.now();
  const now = () => at((Date.now() - started) / 1000);
  return {
    get: async () => deployment(now().ready ?? false),
    list: async () => [now().pod ?? []].flat(),
  } as unknown as DemoCluster;
}

async function wait(cluster: DemoCluster, seconds = 180) {
  const said: string[] = [];
  const waiting: string[] = [];
  const tell: Teller = {
    done: (text) => void said.push(text),
    failed: (text) => void said.push(text),
    unknown: (text) => void said.push(text),
    waiting: (text) => void waiting.push(text),
  };
  const started = Date.now();
  const { signal } = new AbortController();
  const waited = awaitRollouts(
    cluster,
    { namespace: 'demo', deployments: ['db'], deadline: started + seconds * 1000, signal },
    tell,
  );
  await vi.advanceTimersByTimeAsync(400_000);
  const end = await waited;
  return { end, said, waiting: [...new Set(waiting)] };
}

test('what becomes ready is waited for', async () => {
  const { end, said, waiting } = await wait(
    showing((second) => ({ ready: second >= 8, pod: pod(waits('ContainerCreating')) })),
  );
  expect(end).toEqual({ state: 'complete' });
  expect(said).toEqual(['deployment/db is rolled out, 1 Pod ready (8 s)']);
  expect(waiting).toEqual(['deployment/db: 0 of 1 Pod ready, its containers are being made']);
});

test('a registry that was busy for a moment is forgiven', async () => {
  const { end } = await wait(
    showing((second) => ({
      ready: second >= 30,
      pod: pod(second < 12 ? waits('ErrImagePull') : waits('ContainerCreating')),
    })),
  );
  expect(end).toEqual({ state: 'complete' });
});

test.each([
  ['an image that cannot be pulled', waits('ImagePullBackOff'), 0, 'cannot pull image postgres:17'],
  ['a name that is no image', waits('InvalidImageName'), 0, 'cannot pull image postgres:17'],
  [
    'a missing key of a Secret',
    waits('CreateContainerConfigError', "couldn't find key passwort in Secret demo/db-credentials"),
    0,
    "container postgres cannot be made: couldn't find key passwort in Secret demo/db-credentials",
  ],
  [
    'a container that ends for good',
    { ...waits('CrashLoopBackOff'), lastState: { terminated: { exitCode: 1, reason: 'Error' } } },
    3,
    'container postgres has ended 4 times, exit code 1',
  ],
])('%s: nobody waits for the whole timeout', async (_what, state, restarts, why) => {
  const started = Date.now();
  let looked = 0;
  const cluster = showing(() => {
    looked = Date.now() - started;
    return { pod: pod(state, restarts) };
  });
  expect((await wait(cluster)).end).toEqual({ state: 'stuck', deployment: 'db', why });
  expect(looked).toBeLessThanOrEqual(20_500);
});

test('a cluster without room may get it: it is waited for to the end, and said', async () => {
  const unschedulable = {
    ...pod({}),
    spec: { containers: [{ name: 'postgres' }] },
    status: {
      phase: 'Pending',
      conditions: [
        { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes: Insufficient cpu.' },
      ],
    },
  };
  const { end } = await wait(
    showing(() => ({ pod: unschedulable })),
    60,
  );
  expect(end).toEqual({
    state: 'stuck',
    deployment: 'db',
    why: '0 of 1 Pod ready after 60 s, no node takes its Pod: 0/3 nodes: Insufficient cpu.',
  });
});
