import { factsOf } from '../checks/define.ts';
import { catalogue } from '../checks/index.ts';
import { viewOf, type ClusterView } from '../snapshot/cluster-view.ts';
import type { ClientName, TargetName } from '../snapshot/facts.ts';
import { readSnapshot } from '../snapshot/file.ts';
import { gather } from '../snapshot/gather.ts';
import { projector } from '../snapshot/projection.ts';
import { clientConfigMapsIn, redact, type Redaction } from '../snapshot/redact.ts';
import type { Progress } from '../snapshot/requests.ts';
import { targetsIn, type Selection } from '../snapshot/selection.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { UserError } from '../snapshot/user-error.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { connectionFor } from './connection.ts';
import { parseDuration } from './duration.ts';
import { probed } from './probing.ts';
import { earlyFindings } from './early-findings.ts';
import { demandClient, nothingToJudge } from './refusals.ts';
import { formatShard, parseShard } from './shard.ts';
import { parseClient, parseTarget } from './targets.ts';
import { spinner } from './terminal.ts';

/** What was seen, redacted, and what of it is to be judged. */
export interface Seen {
  readonly view: ClusterView;
  readonly redaction: Redaction;
  readonly selection: Selection;
  readonly targets: readonly TargetName[];
  readonly client?: ClientName;
}

/** The facts that some check asks for. */
const declaredFacts = factsOf(catalogue);

export interface SeeOptions extends ClusterOptions {
  /** Keeps what no check reads as well: the snapshot is for people, and for checks to come. */
  readonly whole?: boolean;
}

/** Looks at the cluster, or at the file given instead. Throws a UserError where there is nothing to judge. */
export async function see(targets: readonly string[], options: SeeOptions, signal: AbortSignal): Promise<Seen> {
  if (options.allNamespaces && targets.length > 0) {
    throw new UserError('bad-option', '-A means every Service: it goes with no target', {
      hint: `leave out -A, or ${targets.join(' ')}`,
    });
  }
  // A slip of the pen is told at once, not after the cluster was asked.
  const { namespace = 'default', from } = options;
  for (const target of targets) parseTarget(target, namespace);
  if (from !== undefined) parseClient(from, namespace);
  if (options.shard !== undefined) parseShard(options.shard, options.allNamespaces ?? false);
  parseDuration(options.requestTimeout, '--request-timeout');
  if (options.probeTimeout !== undefined) parseDuration(options.probeTimeout, '--probe-timeout');

  const { snapshot, selection, client } =
    options.snapshot === undefined
      ? await fromCluster(targets, options, signal)
      : await fromFile(options.snapshot, targets, options);
  const raw = viewOf(snapshot);
  if (client) demandClient(raw, client);
  const chosen = targetsIn(raw, selection);
  // Where there are more shards than namespaces, some have nothing to do.
  const idle = selection.kind === 'shard' && raw.objects('services').length > 0;
  if (chosen.length === 0 && !idle) throw nothingToJudge(raw, selection, options.snapshot);
  // Whoever reads the report, or the snapshot, sees the same: no credential is in either, and they cannot contradict each other.
  const redaction = redact(snapshot, clientConfigMapsIn(raw, client));
  return {
    view: viewOf(redaction.snapshot),
    redaction,
    selection,
    targets: chosen,
    ...(client ? { client } : {}),
  };
}

/**
 * Pages come and go by the hundred megabytes, and little of each stays: left to itself, V8 gives them three times tens of megabytes to pass
 * through, and lets the heap grow to several times what is alive before it looks. Of all that limits this, these two still count once a process runs.
 */
function growSlowly(): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  setFlagsFromString('--heap-growing-percent=60');
  setFlagsFromString('--semi-space-growth-factor=1');
}

interface Source {
  readonly snapshot: Snapshot;
  readonly selection: Selection;
  readonly client: ClientName | undefined;
}

async function fromCluster(targets: readonly string[], options: SeeOptions, signal: AbortSignal): Promise<Source> {
  const [connection, { readerOf }] = await Promise.all([connectionFor(options, signal), import('../cluster/read.ts')]);
  const client = options.from === undefined ? undefined : parseClient(options.from, connection.namespace);
  const selection = selectionOf(targets, options, connection.namespace, client);
  if (selection.kind === 'everywhere' || selection.kind === 'shard') growSlowly();
  const what = `reading ${wordsFor(selection)} from ${connection.context}`;
  const shown = spinner(process.stderr, what, options.quiet ?? false);
  const tellEarly = selection.kind === 'everywhere' && !options.whole ? earlyFindings(shown.leave) : undefined;
  try {
    const plan = {
      selection,
      facts: declaredFacts,
      ...(client ? { client } : {}),
      ...(shown.watched
        ? {
            onProgress: ({ objects, soFar }: Progress) => {
              shown.say(`${what}: ${objects.toLocaleString('en')} objects`);
              tellEarly?.(soFar);
            },
          }
        : {}),
      // One Service is read whole; of thousands, what checks ask for.
      ...(options.whole || selection.kind === 'named' ? {} : { keep: projector() }),
    };
    const read = await gather(readerOf(connection), plan, signal);
    shown.end();
    const chosen = (view: ClusterView) => targetsIn(view, selection);
    return { snapshot: await probed(connection, read, chosen, client, options, signal), selection, client };
  } finally {
    shown.end();
    connection.transport.close();
  }
}

async function fromFile(path: string, targets: readonly string[], options: ClusterOptions): Promise<Source> {
  const snapshot = await readSnapshot(path, process.stdin);
  const namespace = options.namespace ?? onlyNamespaceIn(snapshot) ?? 'default';
  const from = options.from ?? snapshot.from;
  const client = from === undefined ? undefined : parseClient(from, namespace);
  // Without a word on what to judge: what it was taken for, else whatever is in it.
  const taken = targets.length === 0 && options.namespace === undefined && !options.allNamespaces;
  if (taken && snapshot.targets && snapshot.targets.length > 0)
    return { snapshot, client, selection: selectionOf(snapshot.targets, {}, namespace) };
  if (taken) return { snapshot, client, selection: { kind: 'everywhere' } };
  return { snapshot, client, selection: selectionOf(targets, options, namespace, client) };
}

/** The namespace of all its Services, where they share one: then `db` can only mean one of them. */
function onlyNamespaceIn({ objects }: Snapshot): string | undefined {
  const namespaces = new Set(
    objects
      .filter(({ kind, apiVersion }) => kind === 'Service' && apiVersion === 'v1')
      .map(({ metadata }) => metadata.namespace),
  );
  return namespaces.size === 1 ? [...namespaces][0] : undefined;
}

/** What the command line names: these Services, those of the namespace, or all. */
export function selectionOf(
  targets: readonly string[],
  { allNamespaces = false, shard }: Pick<ClusterOptions, 'allNamespaces' | 'shard'>,
  namespace: string,
  client?: ClientName,
): Selection {
  if (shard !== undefined) return { kind: 'shard', ...parseShard(shard, allNamespaces) };
  if (allNamespaces) return { kind: 'everywhere' };
  if (targets.length === 0) return { kind: 'namespace', namespace };
  const named = targets.map((target) => parseTarget(target, namespace, client?.namespace));
  const unique = new Map(named.map((target) => [`${target.namespace}/${target.name}`, target]));
  return { kind: 'named', targets: [...unique.values()] };
}

export const wordsFor = (selection: Selection): string => {
  switch (selection.kind) {
    case 'named':
      return selection.targets.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
    case 'namespace':
      return `namespace ${selection.namespace}`;
    case 'everywhere':
      return 'all namespaces';
    case 'shard':
      return `shard ${formatShard(selection)} of all namespaces`;
  }
};
