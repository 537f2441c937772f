import { Option, type Command } from 'commander';
import { addDemoOptions, type DemoOptions } from './demo-options.ts';

export interface DeployDemoOptions extends DemoOptions {
  readonly delete?: boolean;
  readonly yes?: boolean;
  readonly wait: boolean;
  readonly dryRun?: 'client' | 'server';
  readonly output?: 'yaml';
  readonly forceConflicts?: boolean;
  readonly apiImage?: string;
  readonly dbImage?: string;
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
}

const help = `
What it does: applies an API and a PostgreSQL, waits until they run, then proves that the API reaches
the database by the name of its Service. It touches nothing that it did not make.

Examples:
  svcdoctor deploy-demo                        into namespace demo of the current context
  svcdoctor deploy-demo -o yaml                print the manifests instead, comments and all
  svcdoctor deploy-demo --dry-run server       ask the API server what would happen
  svcdoctor deploy-demo --api-image registry.example/node:24-slim --db-image registry.example/postgres:17
  svcdoctor deploy-demo --delete               remove it again
  svcdoctor lab list                           failures to practise on it

Exit code:
  0  the demo works (or is gone)        2  could not be done: no permission, not ours, no cluster
  1  it is there and does not work    130  interrupted
`;

/** Declares `svcdoctor deploy-demo`; what it does is loaded only when it runs. */
export function addDeployDemoCommand(program: Command, exitWith: (code: number) => void): void {
  addDemoOptions(
    program
      .command('deploy-demo')
      .description('Put a small API and its database into a cluster, and prove that they talk'),
  )
    .option(
      '--delete',
      'remove what it made; its namespace, too, unless it holds anything of others (Secrets are never read: they go with it)',
    )
    .option('-y, --yes', 'do not ask, whatever cluster it is')
    .option('--no-wait', 'do not wait, and prove nothing')
    .addOption(
      new Option('--dry-run <where>', 'change nothing: list what would be applied, or ask the server').choices([
        'client',
        'server',
      ]),
    )
    .addOption(new Option('-o, --output <format>', 'print the manifests and do nothing else').choices(['yaml']))
    .option('--force-conflicts', 'overwrite objects and fields of others that are in the way')
    .option('--api-image <image>', 'image of the API: any with Node 24 (default: node:24-slim)')
    .option('--db-image <image>', 'image of the database: any PostgreSQL like the official one (default: postgres:17)')
    .addOption(
      new Option('--image-pull-policy <policy>', 'when the nodes pull the images').choices([
        'Always',
        'IfNotPresent',
        'Never',
      ]),
    )
    .addHelpText('after', help)
    .action(async (options: DeployDemoOptions) => {
      const { runDeployDemo } = await import('./commands/deploy-demo.ts');
      exitWith(await runDeployDemo(options));
    });
}
