import type { Command } from 'commander';
import { addClusterOptions, targetsHelp, type ClusterOptions } from './cluster-options.ts';
import { addReportOptions, type ReportOptions } from './report-options.ts';

export interface CheckOptions extends ClusterOptions, ReportOptions {
  readonly quiet?: boolean;
}

const examples = `
Examples:
  svcdoctor check demo/db                            why does nobody reach the Service db in namespace demo?
  svcdoctor check demo/db --from demo/deploy/api     … as seen by the Deployment api
  svcdoctor check -n demo                            every Service of a namespace
  svcdoctor check -A -q                              every Service of the cluster, findings only
  svcdoctor check -A --shard 0/4 -o json > 0.json    a quarter of the cluster: svcdoctor merge *.json makes one of all
  svcdoctor check -n demo --output-file junit=reports/svcdoctor.xml --output-file html=reports/svcdoctor.html
  kubectl get all,endpointslices -n demo -o yaml | svcdoctor check demo/db --snapshot -

Exit code:
  0  nothing found       2  could not diagnose (unreachable cluster, unreadable file, wrong option)
  1  a problem found     3  with --strict: no problem found, but something could not be looked at
`;

/** Declares `svcdoctor check`; what it does is loaded only when it runs. */
export function addCheckCommand(program: Command, exitWith: (code: number) => void): void {
  addReportOptions(
    addClusterOptions(
      program
        .command('check')
        .description('Say why a Service cannot be reached, and what to change')
        .argument('[targets...]', targetsHelp),
    ),
  )
    .option('--shard <index/count>', 'with -A, the namespaces of one part alone, counted from 0: 0/4 … 3/4; see merge')
    .addHelpText('after', examples)
    .action(async (targets: string[], options: CheckOptions) => {
      const { runCheck } = await import('./commands/check.ts');
      exitWith(await runCheck(targets, options));
    });
}
