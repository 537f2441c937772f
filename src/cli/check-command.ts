import type { Command } from 'commander';

export interface CheckOptions {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly from?: string;
  readonly snapshot?: string;
  readonly output: string;
}

/** Declares `svcdoctor check`; what it does is loaded only when it runs. */
export function addCheckCommand(program: Command, exitWith: (code: number) => void): void {
  program
    .command('check')
    .description('Diagnose one or more Services')
    .argument('[targets...]', 'NAMESPACE/NAME, or NAME with -n')
    .option('-n, --namespace <name>', 'namespace of targets that do not name theirs')
    .option('-A, --all-namespaces', 'every Service of the cluster')
    .option('--from <client>', 'who calls: NAMESPACE/KIND/NAME, or KIND/NAME or a Pod with -n')
    .option('--snapshot <path>', 'read a file, a directory or - instead of a cluster')
    .option('-o, --output <format>', 'text, json or yaml', 'text')
    .action(async (targets: string[], options: CheckOptions) => {
      const { runCheck } = await import('./commands/check.ts');
      exitWith(await runCheck(targets, options));
    });
}
