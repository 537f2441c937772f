import type { Probed } from '../probes/asker.ts';
import type { ClusterView } from '../snapshot/cluster-view.ts';
import type { ClientName, TargetName } from '../snapshot/facts.ts';
import { viewOf } from '../snapshot/cluster-view.ts';
import type { PodName, Snapshot } from '../snapshot/snapshot.ts';
import type { Connection } from '../cluster/connect.ts';
import { printable } from '../report/printable.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { parseDuration } from './duration.ts';
import { spinner } from './terminal.ts';

/** All probes of one run together, in milliseconds. */
const totalTime = 15_000;

/** A container of our own, with the time to pull its image. */
const debugTime = 30_000;

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
  const [{ planForward }, { runForwardPlan }, { planExec, runDebugPlan, runExecPlan }, { probeTransportOf }] =
    await Promise.all([
      import('../probes/plan.ts'),
      import('../probes/run.ts'),
      import('../probes/exec.ts'),
      import('../cluster/probe.ts'),
    ]);
  const transport = probeTransportOf(connection);
  const bounds = { probe: parseDuration(probeTimeout, '--probe-timeout'), deadline: Date.now() + totalTime };
  const view = viewOf(snapshot);
  const named = targets(view);
  const inside = probe === 'forward' ? undefined : planExec(view, named, client);
  const shown = spinner(process.stderr, 'probing', options.quiet ?? false);
  const [forwarded, executed] = await Promise.all([
    runForwardPlan(transport, planForward(view, named, client), bounds, signal),
    inside && runExecPlan(transport, inside, bounds, signal),
  ]).finally(() => shown.end());
  const debug = async (): Promise<Probed | undefined> => {
    if (!inside?.client || !executed?.needsDebug) return undefined;
    const { namespace, name } = inside.client.pod;
    const without = `the image of ${namespace}/${name} has nothing to try a connection with: --probe debug brings its own`;
    if (probe !== 'debug') return { observations: [], notes: [without] };
    const container = {
      image: options.debugImage ?? 'busybox:1.36',
      name: `svcdoctor-${crypto.randomUUID().slice(0, 6)}`,
    };
    const refusal = await consent(inside.client.pod, container.image, options, signal);
    if (refusal !== undefined) return { observations: [], notes: [refusal] };
    // An image may have to be pulled first.
    const patience = { ...bounds, deadline: Date.now() + debugTime };
    return runDebugPlan(transport, inside.client, container, patience, signal);
  };
  const all = [forwarded, executed, await debug()];
  tell(
    all.flatMap((each) => each?.notes ?? []),
    options,
  );
  return {
    ...snapshot,
    observations: [...snapshot.observations, ...all.flatMap((each) => each?.observations ?? [])],
  };
}

/** Says what --probe debug leaves behind, and asks; the reason where it may not. */
async function consent(
  { namespace, name }: PodName,
  image: string,
  { yes }: ClusterOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const what = `an ephemeral container (${image}) in Pod ${namespace}/${name}: it ends by itself within seconds, but stays listed in the Pod until that is replaced`;
  if (yes) {
    process.stderr.write(`adding ${what}\n`);
    return undefined;
  }
  if (!process.stdin.isTTY || !process.stderr.isTTY) return `--probe debug needs --yes here: it adds ${what}`;
  const { createInterface } = await import('node:readline/promises');
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  // While it reads lines, the terminal tells it of Ctrl-C, and nobody else.
  asking.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const answer = await asking
    .question(`Add ${what}? [y/N] `, { signal })
    .catch((error: unknown) => {
      throw signal.aborted ? signal.reason : error;
    })
    .finally(() => asking.close());
  return /^y(es)?$/i.test(answer.trim()) ? undefined : 'no container was added';
}

/** What kept probes from asking: it says nothing about the Service, so it goes where warnings go. */
function tell(notes: readonly string[], { quiet, verbose }: ClusterOptions & { readonly verbose?: boolean }): void {
  const [first] = notes;
  if (first === undefined || quiet) return;
  const shown = verbose ? notes : [`${first}${notes.length > 1 ? ` (and ${notes.length - 1} more: --verbose)` : ''}`];
  for (const note of shown) process.stderr.write(`not probed: ${printable(note)}\n`);
}
