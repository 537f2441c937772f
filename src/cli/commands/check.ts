import { diagnose } from '../../diagnosis/diagnose.ts';
import { isUndiagnosed } from '../../diagnosis/failure.ts';
import type { Report } from '../../diagnosis/report.ts';
import type { CheckOptions } from '../check-command.ts';
import { exitCodeOf } from '../exit-code.ts';
import { interruptible } from '../interruption.ts';
import { publish } from '../publish.ts';
import { see, type Seen } from '../see.ts';
import { formatShard } from '../shard.ts';
import { spinner } from '../terminal.ts';
import { version } from '../version.ts';
import { commandLine } from '../../report/command-line.ts';
import { printable } from '../../report/printable.ts';

/** `svcdoctor check`: looks, judges every target, prints and says how it went. */
export async function runCheck(targets: readonly string[], options: CheckOptions): Promise<number> {
  const seen = await interruptible((signal) => see(targets, options, signal));
  const reports = await judged(seen, options);
  const { takenAt } = seen.redaction.snapshot;
  const policy = { failOn: options.failOn, strict: options.strict ?? false };
  const single = reports.length === 1 && seen.selection.kind === 'named';
  await publish(
    {
      command: 'check',
      reports,
      single,
      policy,
      version,
      ...(takenAt === undefined ? {} : { takenAt }),
      ...(seen.selection.kind === 'shard' ? { shard: formatShard(seen.selection) } : {}),
    },
    options,
  );
  for (const report of reports.filter(isUndiagnosed)) process.stderr.write(undiagnosed(report));
  return exitCodeOf(reports, policy);
}

/** How long the terminal is left alone, in milliseconds. */
const stillness = 100;

async function judged({ view, targets, client }: Seen, options: CheckOptions): Promise<readonly Report[]> {
  const shown = spinner(process.stderr, 'judging', options.quiet ?? false);
  const reports: Report[] = [];
  let last = performance.now();
  for (const target of targets) {
    reports.push(diagnose(view, { target, ...(client ? { client } : {}) }));
    if (!shown.watched || performance.now() - last < stillness) continue;
    const [done, all] = [reports, targets].map(({ length }) => length.toLocaleString('en'));
    shown.say(`judged ${done} of ${all} Services`);
    await new Promise((resolve) => setImmediate(resolve));
    last = performance.now();
  }
  shown.end();
  return reports;
}

/** Said on stderr in every format, and also with --quiet: silence would pass for health. */
function undiagnosed({ target, checks }: Report): string {
  const [namespace = ''] = target.split('/');
  const lead = checks.find(({ because }) => because === 'blind');
  const why = printable(lead?.detail ?? 'nothing is known of it');
  const ask = commandLine(['kubectl', 'auth', 'can-i', 'list', 'services', '-n', namespace]);
  return `error: the Service ${printable(target)} could not be read: ${why}\nhint: ${ask}\n`;
}
