import type { Command } from 'commander';
import { addClusterOptions, targetsHelp, type ClusterOptions } from './cluster-options.ts';

export interface SnapshotOptions extends ClusterOptions {
  readonly file?: string;
}

const examples = `
Examples:
  svcdoctor snapshot demo/db > case.yaml             what a diagnosis of demo/db looks at
  svcdoctor snapshot demo/db --from demo/deploy/api -f case.yaml
  svcdoctor check --snapshot case.yaml               the same diagnosis, without the cluster

Left out: Secrets, values of the environment that look like credentials, passwords in URLs,
and ConfigMaps but for their keys, unless the client's Pods take them or the cluster DNS does.
`;

/** Declares `svcdoctor snapshot`; what it does is loaded only when it runs. */
export function addSnapshotCommand(program: Command, exitWith: (code: number) => void): void {
  addClusterOptions(
    program
      .command('snapshot')
      .description('Write what a diagnosis looks at into a file, to share or to look at later')
      .argument('[targets...]', targetsHelp),
  )
    .option('-f, --file <path>', 'write it there, readable by you alone, instead of to standard output')
    .option('-q, --quiet', 'do not tell what was left out')
    .addHelpText('after', examples)
    .action(async (targets: string[], options: SnapshotOptions) => {
      const { runSnapshot } = await import('./commands/snapshot.ts');
      exitWith(await runSnapshot(targets, options));
    });
}
