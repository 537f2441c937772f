import { formatSnapshot } from '../../report/yaml.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { interruptible } from '../interruption.ts';
import { writePrivately } from '../private-file.ts';
import { see, type Seen } from '../see.ts';
import type { SnapshotOptions } from '../snapshot-command.ts';
import { writeOut } from '../stdout.ts';

/** `svcdoctor snapshot`: writes what a diagnosis of the targets looks at. */
export async function runSnapshot(targets: readonly string[], options: SnapshotOptions): Promise<number> {
  const seen = await interruptible((signal) => see(targets, { ...options, whole: true }, signal));
  const text = formatSnapshot(labelled(seen));
  if (options.file === undefined) await writeOut(text);
  else await writePrivately(options.file, text, 'name another with -f, or write to standard output');
  if (!options.quiet) process.stderr.write(`${summaryOf(seen, options.file)}\n`);
  return 0;
}

/** With a note on what it was taken for, so that `check --snapshot` needs no target. */
function labelled({ redaction: { snapshot }, selection, client }: Seen): Snapshot {
  const { apiVersion, kind, takenAt, serverVersion, coverage, objects, observations } = snapshot;
  return {
    apiVersion,
    kind,
    ...(takenAt === undefined ? {} : { takenAt }),
    ...(serverVersion === undefined ? {} : { serverVersion }),
    ...(selection.kind === 'named'
      ? {
          targets: selection.targets.map(
            ({ namespace, name, port }) => `${namespace}/${name}${port === undefined ? '' : `:${port}`}`,
          ),
        }
      : {}),
    ...(client ? { from: `${client.namespace}/${client.kind}/${client.name}` } : {}),
    ...(coverage === undefined ? {} : { coverage }),
    objects,
    observations,
  };
}

function summaryOf(
  { redaction: { snapshot, environment, configMapValues, texts } }: Seen,
  file: string | undefined,
): string {
  const unread = Array.isArray(snapshot.coverage)
    ? snapshot.coverage.filter(({ state }) => state === 'forbidden' || state === 'failed').length
    : 0;
  return [
    `${snapshot.objects.length} objects${file === undefined ? '' : ` in ${file}`}`,
    `redacted: ${environment} values of environment and arguments, ${configMapValues} of ConfigMaps, ${texts} elsewhere; Secrets are never read`,
    ...(unread > 0 ? [`could not be read: ${unread} (see coverage)`] : []),
  ].join(' · ');
}
