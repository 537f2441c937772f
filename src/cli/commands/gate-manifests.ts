import { factsOf } from '../../checks/define.ts';
import { catalogue } from '../../checks/index.ts';
import { judgeAgainst, judgeRendered } from '../../gate/rendered.ts';
import type { GatePolicy } from '../../gate/policy.ts';
import type { Report } from '../../diagnosis/report.ts';
import type { TargetName } from '../../snapshot/facts.ts';
import { gather } from '../../snapshot/gather.ts';
import { readManifests, type Manifest } from '../../snapshot/manifests.ts';
import { snapshotVersion, type Coverage, type Snapshot } from '../../snapshot/snapshot.ts';
import { UserError } from '../../snapshot/user-error.ts';
import { connectionFor } from '../connection.ts';
import type { GateOptions } from '../gate-command.ts';
import { renderKustomization } from '../kustomize.ts';
import { parseTarget } from '../targets.ts';
import { spinner } from '../terminal.ts';

/** The gate before a deploy: what these manifests come to, by themselves or, with --live, over what the cluster has. */
export async function gateManifests(
  targets: readonly string[],
  options: GateOptions,
  policy: GatePolicy,
  signal: AbortSignal,
): Promise<readonly Report[]> {
  const { filename = [], kustomize = [], namespace = 'default' } = options;
  const manifests: Manifest[] =
    filename.length > 0 ? [...(await readManifests(filename, namespace, process.stdin))] : [];
  for (const folder of kustomize) manifests.push(...(await renderKustomization(folder, namespace, signal)));
  const named = targets.map((target) => parseTarget(target, namespace));
  demandDeclared(named, manifests);
  // Nothing runs yet: what the catalogue finds is all there is to judge by.
  const strict: GatePolicy = { ...policy, failOn: policy.failOn ?? 'breaks' };
  if (!options.live) return judgeRendered(manifests, named, strict);
  const live = await liveSnapshot(manifests, options, signal);
  const reports = judgeAgainst(live, manifests, named, strict);
  if (!options.quiet) process.stderr.write(`${comparisonOf(reports)}\n`);
  return reports;
}

function demandDeclared(named: readonly TargetName[], manifests: readonly Manifest[]): void {
  const services = manifests
    .map(({ object }) => object)
    .filter(({ kind, apiVersion }) => kind === 'Service' && apiVersion === 'v1');
  for (const { namespace, name } of named) {
    if (services.some(({ metadata }) => metadata.name === name && metadata.namespace === namespace)) continue;
    const known = services.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    throw new UserError('no-services', `these files declare no Service ${namespace}/${name}`, {
      hint: known.length > 0 ? `they declare ${known.slice(0, 5).join(', ')}` : 'they declare no Service at all',
    });
  }
}

const declaredFacts = factsOf(catalogue).filter((fact) => fact !== 'logs');

/** What the cluster has in the namespaces that the manifests name. */
async function liveSnapshot(
  manifests: readonly Manifest[],
  options: GateOptions,
  signal: AbortSignal,
): Promise<Snapshot> {
  const { readerOf } = await import('../../cluster/read.ts');
  const connection = await connectionFor(options, signal);
  const shown = spinner(process.stderr, `reading ${connection.context}`, options.quiet ?? false);
  try {
    const reader = readerOf(connection);
    const namespaces = [...new Set(manifests.flatMap(({ object }) => object.metadata.namespace ?? []))];
    const parts: Snapshot[] = [];
    for (const namespace of namespaces)
      parts.push(await gather(reader, { selection: { kind: 'namespace', namespace }, facts: declaredFacts }, signal));
    return merged(parts);
  } finally {
    shown.end();
    connection.transport.close();
  }
}

function merged(parts: readonly Snapshot[]): Snapshot {
  const objects = new Map(
    parts.flatMap((part) =>
      part.objects.map((object) => [
        `${object.apiVersion}/${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`,
        object,
      ]),
    ),
  );
  return {
    apiVersion: snapshotVersion,
    kind: 'Snapshot',
    ...parts[0],
    coverage: parts.flatMap(({ coverage }) => (Array.isArray(coverage) ? (coverage as readonly Coverage[]) : [])),
    objects: [...objects.values()],
    observations: [],
  };
}

/** `against the cluster: 1 introduced, 2 fixed, 3 unchanged`. */
function comparisonOf(reports: readonly Report[]): string {
  const findings = reports.flatMap((report) => report.findings);
  const introduced = findings.filter(({ baseline }) => baseline === 'new').length;
  const unchanged = findings.filter(({ baseline }) => baseline === 'known').length;
  const fixed = reports.reduce((sum, { gate }) => sum + (gate?.fixed?.length ?? 0), 0);
  return `against the cluster: ${introduced} introduced, ${fixed} fixed, ${unchanged} unchanged`;
}
