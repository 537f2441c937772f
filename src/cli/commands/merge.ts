import { isUndiagnosed } from '../../diagnosis/failure.ts';
import { merge, type Merged } from '../../diagnosis/merge.ts';
import type { Report } from '../../diagnosis/report.ts';
import { UserError } from '../../snapshot/user-error.ts';
import { exitCodeOf, gateExitCodeOf } from '../exit-code.ts';
import { publish } from '../publish.ts';
import { readReports } from '../report-files.ts';
import type { ReportOptions } from '../report-options.ts';
import { version } from '../version.ts';

/** `svcdoctor merge`: reads the reports of shards, and tells them as the one run over the whole cluster would have. */
export async function runMerge(paths: readonly string[], options: ReportOptions): Promise<number> {
  const files = [];
  for (const path of paths) files.push(...(await readReports(path, process.stdin)));
  const reports = reportsIn(merge(files.map(({ content }) => content)));
  const command = reports.some(({ gate }) => gate) ? 'gate' : 'check';
  const policy = { failOn: options.failOn, strict: options.strict ?? false };
  await publish({ command, reports, single: false, policy, version }, options);
  for (const { target } of reports.filter(isUndiagnosed))
    process.stderr.write(`error: the Service ${target} could not be read\n`);
  return command === 'gate' ? gateExitCodeOf(reports) : exitCodeOf(reports, policy);
}

function reportsIn(merged: Merged): readonly Report[] {
  switch (merged.state) {
    case 'merged':
      return merged.reports;
    case 'incomplete':
      throw new UserError('incomplete', `the report of shard ${merged.missing.join(', ')} is missing`, {
        hint: 'a shard that has failed says why in its log: kubectl logs; merge the reports of all shards',
      });
    case 'mixed':
      throw new UserError(
        'incomplete',
        `these reports share out the cluster among ${merged.counts.join(' and among ')}`,
        {
          hint: 'merge the reports of one run',
        },
      );
    case 'contradictory':
      throw new UserError('contradictory', `two reports say different things about ${merged.target}`, {
        hint: 'merge the reports of one run',
      });
  }
}
