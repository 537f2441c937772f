import type { Command } from 'commander';
import { addReportOptions, type ReportOptions } from './report-options.ts';

const examples = `
Examples:
  svcdoctor merge reports/*.json                     one report from the shards of a cluster
  svcdoctor merge reports/*.json -o junit            … in any format that check knows
  cat reports/*.json | svcdoctor merge -             … of what comes in one stream, as from kubectl logs

Exit code: that of the run that wrote the reports, had it not been shared out; 2 where a shard is missing.
`;

/** Declares `svcdoctor merge`; what it does is loaded only when it runs. */
export function addMergeCommand(program: Command, exitWith: (code: number) => void): void {
  addReportOptions(
    program
      .command('merge')
      .description('Make one report of those that shards have written with -o json')
      .argument('<files...>', 'reports of check or gate, written with -o json; - is standard input'),
  )
    .addHelpText('after', examples)
    .action(async (files: string[], options: ReportOptions) => {
      const { runMerge } = await import('./commands/merge.ts');
      exitWith(await runMerge(files, options));
    });
}
