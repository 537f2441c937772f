import { diagnose } from '../../diagnosis/diagnose.ts';
import { reportVersion, type Report, type ReportList } from '../../diagnosis/report.ts';
import type { Selection } from '../../snapshot/selection.ts';
import type { CheckOptions } from '../check-command.ts';
import { exitCodeOf, isUndiagnosed } from '../exit-code.ts';
import { interruptible } from '../interruption.ts';
import { see } from '../see.ts';
import { writeOut } from '../stdout.ts';
import { styleFor } from '../terminal.ts';

/** `svcdoctor check`: looks, judges every target, prints and says how it went. */
export async function runCheck(targets: readonly string[], options: CheckOptions): Promise<number> {
  const seen = await interruptible((signal) => see(targets, options, signal));
  const reports = seen.targets.map((target) =>
    diagnose(seen.view, { target, ...(seen.client ? { client: seen.client } : {}) }),
  );
  await writeOut(await rendered(reports, seen.selection, options));
  for (const report of reports.filter(isUndiagnosed)) process.stderr.write(undiagnosed(report));
  return exitCodeOf(reports, { failOn: options.failOn, strict: options.strict ?? false });
}

/** Said on stderr in every format, and also with --quiet: silence would pass for health. */
function undiagnosed({ target, checks }: Report): string {
  const [namespace = ''] = target.split('/');
  const lead = checks.find(({ because }) => because === 'blind');
  return `error: the Service ${target} could not be read: ${lead?.detail ?? 'nothing is known of it'}\nhint: kubectl auth can-i list services -n ${namespace}\n`;
}

async function rendered(reports: readonly Report[], selection: Selection, options: CheckOptions): Promise<string> {
  if (options.output === 'text') {
    const { renderReport, renderReports } = await import('../../report/text.ts');
    const style = await styleFor(process.stdout, { color: options.color, env: process.env });
    const { quiet = false, verbose = false } = options;
    const [only] = reports;
    return only && reports.length === 1
      ? renderReport(only, style, { quiet, verbose })
      : renderReports(reports, style, { quiet, verbose });
  }
  const content = reportOrList(reports, selection);
  if (options.output === 'json') return `${JSON.stringify(content, undefined, 2)}\n`;
  const { stringify } = await import('yaml');
  return stringify(content, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** One Service by its name is one Report; whoever asks for a namespace gets a list, however many Services it has today. */
function reportOrList(reports: readonly Report[], selection: Selection): Report | ReportList {
  const [only] = reports;
  return only && reports.length === 1 && selection.kind === 'named'
    ? only
    : { apiVersion: reportVersion, kind: 'ReportList', items: reports };
}
