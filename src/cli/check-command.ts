import { Option, type Command } from 'commander';
import { addClusterOptions, targetsHelp, type ClusterOptions } from './cluster-options.ts';
import type { ColorChoice } from './terminal.ts';

export interface CheckOptions extends ClusterOptions {
  readonly output: 'text' | 'json' | 'yaml';
  readonly verbose?: boolean;
  readonly color: ColorChoice;
  readonly strict?: boolean;
  readonly failOn: 'breaks' | 'degrades' | 'risks';
}

const examples = `
Examples:
  svcdoctor check demo/db                            why does nobody reach the Service db in namespace demo?
  svcdoctor check demo/db --from demo/deploy/api     … as seen by the Deployment api
  svcdoctor check -n demo                            every Service of a namespace
  svcdoctor check -A -q                              every Service of the cluster, findings only
  kubectl get all,endpointslices -n demo -o yaml | svcdoctor check demo/db --snapshot -

Exit code:
  0  nothing found       2  could not diagnose (unreachable cluster, unreadable file, wrong option)
  1  a problem found     3  with --strict: no problem found, but something could not be looked at
`;

/** Declares `svcdoctor check`; what it does is loaded only when it runs. */
export function addCheckCommand(program: Command, exitWith: (code: number) => void): void {
  addClusterOptions(
    program
      .command('check')
      .description('Say why a Service cannot be reached, and what to change')
      .argument('[targets...]', targetsHelp),
  )
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json', 'yaml']).default('text'))
    .option('-q, --quiet', 'findings only; nothing where all is well')
    .option('-v, --verbose', 'every check with its reason, also the passed ones')
    .addOption(new Option('--color <when>', 'colour the text').choices(['auto', 'always', 'never']).default('auto'))
    .option('--strict', 'fail (3) if something could not be looked at')
    .addOption(
      new Option('--fail-on <impact>', 'the mildest finding that makes the exit code 1')
        .choices(['breaks', 'degrades', 'risks'])
        .default('degrades'),
    )
    .addHelpText('after', examples)
    .action(async (targets: string[], options: CheckOptions) => {
      const { runCheck } = await import('./commands/check.ts');
      exitWith(await runCheck(targets, options));
    });
}
