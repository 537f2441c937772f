import { factsOf } from '../../checks/define.ts';
import { catalogue } from '../../checks/index.ts';
import type { Connection } from '../../cluster/connect.ts';
import type { Report } from '../../diagnosis/report.ts';
import { hopelessIn } from '../../gate/hopeless.ts';
import { judge } from '../../gate/judge.ts';
import { gateOnce, nameOf, type Explained, type GateRun } from '../../gate/once.ts';
import type { GatePolicy } from '../../gate/policy.ts';
import type { GateSelection } from '../../gate/scene.ts';
import { gateWaiting, type WaitPlan } from '../../gate/wait.ts';
import { printable } from '../../report/printable.ts';
import { viewOf, type ClusterView } from '../../snapshot/cluster-view.ts';
import type { ClientName, Scope, TargetName } from '../../snapshot/facts.ts';
import { gather } from '../../snapshot/gather.ts';
import type { Reader } from '../../snapshot/reader.ts';
import { clientConfigMapsIn, redact } from '../../snapshot/redact.ts';
import { UserError } from '../../snapshot/user-error.ts';
import { connectionFor } from '../connection.ts';
import { gateExitCodeOf } from '../exit-code.ts';
import type { GateOptions } from '../gate-command.ts';
import { policyOf, waitPlanOf } from '../gate-policy.ts';
import { interruptible } from '../interruption.ts';
import { demandClient, nothingToJudge } from '../refusals.ts';
import { publish } from '../publish.ts';
import { see, selectionOf, wordsFor } from '../see.ts';
import { formatShard, parseShard } from '../shard.ts';
import { parseClient, parseTarget } from '../targets.ts';
import { spinner } from '../terminal.ts';
import { version } from '../version.ts';

/** `svcdoctor gate`: judges every target by its endpoints, prints and says how it went. */
export async function runGate(targets: readonly string[], options: GateOptions): Promise<number> {
  demandSense(targets, options);
  const policy = await policyOf(options);
  const plan = waitPlanOf(options);
  const { reports, single } = await interruptible((signal) =>
    isOfFiles(options)
      ? fromManifests(targets, options, policy, signal)
      : options.snapshot === undefined
        ? fromCluster(targets, options, policy, plan, signal)
        : fromSnapshot(targets, options, policy, signal),
  );
  const failOn = policy.failOn ?? 'breaks';
  const takenAt = new Date().toISOString();
  await publish(
    {
      command: 'gate',
      reports,
      single,
      policy: { failOn, strict: false },
      version,
      takenAt,
      ...(options.shard === undefined ? {} : { shard: formatShard(parseShard(options.shard, true)) }),
    },
    { ...options, failOn },
  );
  return gateExitCodeOf(reports);
}

interface Gated {
  readonly reports: readonly Report[];
  /** One Service, by its name: its report stands for itself. */
  readonly single: boolean;
}

/** A slip of the pen is told at once, not after the cluster was asked. */
function demandSense(targets: readonly string[], options: GateOptions): void {
  const { namespace = 'default', from, selector, allNamespaces, wait, snapshot, shard } = options;
  if (shard !== undefined) parseShard(shard, allNamespaces ?? false);
  const contradiction = (text: string, hint: string) => new UserError('bad-option', text, { hint });
  if (allNamespaces && targets.length > 0)
    throw contradiction('-A means every Service: it goes with no target', `leave out -A, or ${targets.join(' ')}`);
  if (selector !== undefined && targets.length > 0)
    throw contradiction('-l chooses among all Services: it goes with no target', 'leave out -l, or the targets');
  if (wait !== undefined && snapshot !== undefined)
    throw contradiction('a file does not change: --wait goes with a cluster', 'leave out --wait, or --snapshot');
  const elsewhere = isOfFiles(options) ? '-f' : snapshot === undefined ? undefined : '--snapshot';
  if (selector !== undefined && elsewhere !== undefined)
    throw contradiction(`-l is answered by the API server: it does not go with ${elsewhere}`, 'name the targets');
  if (isOfFiles(options) && (wait !== undefined || snapshot !== undefined || from !== undefined || allNamespaces))
    throw contradiction(
      '-f judges what is not deployed yet: it goes with none of --wait, --snapshot, --from and -A',
      'leave them out; every client in the files is judged',
    );
  if (options.live && !isOfFiles(options))
    throw contradiction('--live compares manifests with the cluster', 'give the manifests: -f PATH or --kustomize DIR');
  for (const target of targets) parseTarget(target, namespace);
  if (from !== undefined) parseClient(from, namespace);
}

const isOfFiles = ({ filename, kustomize }: GateOptions): boolean => filename !== undefined || kustomize !== undefined;

async function fromManifests(
  targets: readonly string[],
  options: GateOptions,
  policy: GatePolicy,
  signal: AbortSignal,
): Promise<Gated> {
  const { gateManifests } = await import('./gate-manifests.ts');
  const reports = await gateManifests(targets, options, policy, signal);
  if (reports.length === 0 && !options.allowEmpty)
    throw new UserError('no-services', 'these files declare no Service', {
      hint: '--allow-empty lets that pass; is it rendered, and is it all?',
    });
  return { reports, single: false };
}

/** What a snapshot shows is all there is: every target with the whole catalogue. */
async function fromSnapshot(
  targets: readonly string[],
  options: GateOptions,
  policy: GatePolicy,
  signal: AbortSignal,
): Promise<Gated> {
  const { view, targets: chosen, selection, client } = await see(targets, options, signal);
  const reports = chosen.map((target) => judge(view, { target, ...(client ? { client } : {}) }, policy));
  return { reports, single: reports.length === 1 && selection.kind === 'named' };
}

async function fromCluster(
  targets: readonly string[],
  options: GateOptions,
  policy: GatePolicy,
  plan: WaitPlan | undefined,
  signal: AbortSignal,
): Promise<Gated> {
  const [connection, { readerOf }, { watcherOf }] = await Promise.all([
    connectionFor(options, signal),
    import('../../cluster/read.ts'),
    import('../../cluster/watch.ts'),
  ]);
  try {
    const client = options.from === undefined ? undefined : parseClient(options.from, connection.namespace);
    const reader = readerOf(connection);
    const selection: GateSelection = {
      services: selectionOf(targets, options, connection.namespace, client),
      ...(options.selector === undefined ? {} : { labelSelector: options.selector }),
    };
    const run: GateRun = {
      watcher: watcherOf(connection),
      selection,
      policy,
      ...(client ? { client } : {}),
      explain: (asked, until) => explained(reader, asked, client, policy, until),
    };
    const reports = await (plan ? waiting(run, plan, options, signal) : looking(run, connection, options, signal));
    // Where there are more shards than namespaces, some have nothing to do.
    if (reports.length === 0 && !options.allowEmpty && options.shard === undefined)
      throw await nothingSelected(reader, selection, signal);
    return { reports, single: reports.length === 1 && selection.services.kind === 'named' };
  } finally {
    connection.transport.close();
  }
}

/** The facts that some check asks for. */
const declaredFacts = factsOf(catalogue);

/** Reads what the catalogue needs for these targets and judges them, free of credentials as in every report. */
async function explained(
  reader: Reader,
  targets: readonly TargetName[],
  client: ClientName | undefined,
  policy: GatePolicy,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Explained>> {
  const from = client ? { client } : {};
  const plan = { selection: { kind: 'named', targets } as const, facts: declaredFacts, ...from };
  const snapshot = await gather(reader, plan, signal);
  const raw = viewOf(snapshot);
  if (client) demandClient(raw, client);
  const view = viewOf(redact(snapshot, clientConfigMapsIn(raw, client)).snapshot);
  return new Map(targets.map((target) => [nameOf(target), explainedIn(view, { target, ...from }, policy)]));
}

function explainedIn(view: ClusterView, scope: Scope, policy: GatePolicy): Explained {
  const report = judge(view, scope, policy);
  const hopeless = report.gate?.result === 'fail' ? hopelessIn(report, view, scope) : undefined;
  return { report, ...(hopeless === undefined ? {} : { hopeless }) };
}

async function looking(run: GateRun, connection: Connection, options: GateOptions, signal: AbortSignal) {
  const what = `reading ${wordsFor(run.selection.services)} from ${connection.context}`;
  const shown = spinner(process.stderr, what, options.quiet ?? false);
  return gateOnce(run, signal).finally(() => shown.end());
}

async function waiting(run: GateRun, plan: WaitPlan, options: GateOptions, signal: AbortSignal) {
  const tell = (line: string) => {
    if (!options.quiet) process.stderr.write(`${printable(line)}\n`);
  };
  return gateWaiting(run, plan, tell, signal);
}

async function nothingSelected(reader: Reader, selection: GateSelection, signal: AbortSignal): Promise<UserError> {
  const { services, labelSelector } = selection;
  const refusal = nothingToJudge(
    viewOf(await gather(reader, { selection: services, facts: [] }, signal)),
    services,
    undefined,
  );
  const empty = '--allow-empty lets an empty selection pass';
  if (refusal.code === 'no-such-namespace') return refusal;
  if (labelSelector === undefined)
    return new UserError(refusal.code, refusal.message, { hint: `${refusal.hint}; ${empty}` });
  return new UserError('no-services', `no Service ${wherein(services)} has the labels ${labelSelector}`, {
    hint: `kubectl get services --show-labels shows which there are; ${empty}`,
  });
}

const wherein = (services: GateSelection['services']): string =>
  services.kind === 'namespace' ? `in namespace ${services.namespace}` : 'in the cluster';
