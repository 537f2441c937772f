import { expect, test } from 'vitest';
import { planExec, runExecPlan } from '../../src/probes/exec.ts';
import { ProbeFailed, type ProbeTransport } from '../../src/probes/transport.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import { cluster, service, workload } from '../kit/cluster.ts';

const client = { namespace: 'demo', kind: 'Deployment', name: 'api' };
const plan = (replicas: number) =>
  planExec(
    viewOf(
      cluster([
        // The first ones all share the client's node, as a slice may well list them.
        ...workload({
          name: 'db',
          replicas,
          nodes: Array.from({ length: replicas }, (_, index) => (index < replicas - 4 ? 'node-a' : 'node-b')),
        }),
        service({ name: 'db' }),
        ...workload({ name: 'api', nodes: ['node-a'] }),
      ]),
    ),
    [{ namespace: 'demo', name: 'db' }],
    client,
  );

test('the client tries endpoints of its own node and of others, and owns up to the rest', () => {
  const { client: entered, notes } = plan(20);
  expect(entered?.sockets).toHaveLength(12);
  expect(notes).toContain('the client tries 11 of 20 endpoints: 7 on its own node, 4 on others');
});

test('where all can be tried, all are, and nothing is said', () => {
  const { client: entered, notes } = plan(5);
  expect(entered?.sockets).toHaveLength(6);
  expect(notes).toEqual([]);
});

test('images without any program are named, with what tells instead', async () => {
  const transport = {
    exec: () => Promise.reject(new ProbeFailed('no-program', 'cat: not found in $PATH')),
  } as unknown as ProbeTransport;
  const { endpoints } = plan(1);
  const bounds = { probe: 100, deadline: Date.now() + 2000 };
  const { observations, notes, needsDebug } = await runExecPlan(
    transport,
    { endpoints, notes: [] },
    bounds,
    new AbortController().signal,
  );
  expect(observations).toEqual([]);
  expect(needsDebug).toBe(false);
  expect(notes.join()).toMatch(/nothing in its images prints a file.*with --from, a connection from the client tells/);
});
