import { Option, type Command } from 'commander';
import { probeLevels, type ProbeLevel } from './cluster-options.ts';

export interface RbacOptions {
  readonly probe: ProbeLevel;
  readonly namespace?: string;
  readonly clusterWide?: boolean;
  readonly gate?: boolean;
  readonly deployDemo?: boolean;
  readonly name: string;
  readonly serviceAccount?: string;
  readonly output: 'yaml' | 'json';
}

const help = `
Examples:
  svcdoctor rbac                                     for check and snapshot, of any namespace
  svcdoctor rbac --probe none                        … that only read
  svcdoctor rbac --namespace shop                    for Services and clients of one namespace
  svcdoctor rbac --gate --namespace shop             for gate, of one namespace
  svcdoctor rbac --service-account ci/svcdoctor | kubectl apply -f -
  svcdoctor rbac --deploy-demo --namespace demo      for deploy-demo and lab

No cluster is asked. Whoever has less is told by check what it could not see, and which permission that takes.
`;

/** Declares `svcdoctor rbac`; what it does is loaded only when it runs. */
export function addRbacCommand(program: Command, exitWith: (code: number) => void): void {
  program
    .command('rbac')
    .description('Print the Roles that svcdoctor needs, and nothing beyond them')
    .addOption(
      new Option('--probe <level>', 'for check --probe with this level').choices(probeLevels).default('forward'),
    )
    .addOption(
      new Option('-n, --namespace <name>', 'for Services and clients of this namespace alone').conflicts('clusterWide'),
    )
    .option('--cluster-wide', 'for Services of all namespaces (the default)')
    .option('--gate', 'for gate, which also watches')
    .addOption(
      new Option('--deploy-demo', 'for deploy-demo and lab, in --namespace (default: demo)').conflicts([
        'clusterWide',
        'gate',
      ]),
    )
    .option('--name <name>', 'what the roles are called', 'svcdoctor')
    .option('--service-account <name>', 'also print the bindings for this ServiceAccount: NAMESPACE/NAME')
    .addOption(new Option('-o, --output <format>', 'how to print them').choices(['yaml', 'json']).default('yaml'))
    .addHelpText('after', help)
    .action(async (options: RbacOptions) => {
      const { runRbac } = await import('./commands/rbac.ts');
      exitWith(await runRbac(options));
    });
}
