import type { ClusterView } from '../snapshot/cluster-view.ts';
import type { ClientName, TargetName } from '../snapshot/facts.ts';
import { viewOf } from '../snapshot/cluster-view.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Connection } from '../cluster/connect.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { parseDuration } from './duration.ts';

/** All probes of one run together, in milliseconds. */
const totalTime = 15_000;

/** Asks the cluster what no object tells, as far as --probe allows, and adds the answers to the snapshot. */
export async function probed(
  connection: Connection,
  snapshot: Snapshot,
  targets: (view: ClusterView) => readonly TargetName[],
  client: ClientName | undefined,
  options: ClusterOptions,
  signal: AbortSignal,
): Promise<Snapshot> {
  const { probe = 'none', probeTimeout = '2s' } = options;
  if (probe === 'none') return snapshot;
  const [{ planForward }, { runForwardPlan }, { planExec, runExecPlan }, { probeTransportOf }] = await Promise.all([
    import('../probes/plan.ts'),
    import('../probes/run.ts'),
    import('../probes/exec.ts'),
    import('../cluster/probe.ts'),
  ]);
  const transport = probeTransportOf(connection);
  const bounds = { probe: parseDuration(probeTimeout, '--probe-timeout'), deadline: Date.now() + totalTime };
  const view = viewOf(snapshot);
  const named = targets(view);
  const [forwarded, executed] = await Promise.all([
    runForwardPlan(transport, planForward(view, named, client), bounds, signal),
    probe === 'forward' ? undefined : runExecPlan(transport, planExec(view, named, client), bounds, signal),
  ]);
  tell([...forwarded.notes, ...(executed?.notes ?? [])], options);
  return {
    ...snapshot,
    observations: [...snapshot.observations, ...forwarded.observations, ...(executed?.observations ?? [])],
  };
}

/** What kept probes from asking: it says nothing about the Service, so it goes where warnings go. */
function tell(notes: readonly string[], { quiet, verbose }: ClusterOptions & { readonly verbose?: boolean }): void {
  const [first] = notes;
  if (first === undefined || quiet) return;
  const shown = verbose ? notes : [`${first}${notes.length > 1 ? ` (and ${notes.length - 1} more: --verbose)` : ''}`];
  for (const note of shown) process.stderr.write(`not probed: ${note.replaceAll(/\p{Cc}+/gu, ' ')}\n`);
}
