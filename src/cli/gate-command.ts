import { Option, type Command } from 'commander';
import { addTargetOptions, targetsHelp, type ClusterOptions } from './cluster-options.ts';
import { addOutputOptions, type ReportOptions } from './report-options.ts';

export interface GateOptions extends ClusterOptions, Omit<ReportOptions, 'failOn'> {
  readonly selector?: string;
  readonly minReady: string;
  readonly failOn?: 'breaks' | 'degrades' | 'risks';
  readonly wait?: string;
  readonly settle: string;
  readonly patient?: boolean;
  readonly allowEmpty?: boolean;
  readonly allowScaledToZero?: boolean;
  readonly headless: 'judge' | 'exempt';
  readonly baseline?: string;
  readonly filename?: readonly string[];
  readonly kustomize?: readonly string[];
  readonly live?: boolean;
}

const examples = `
A Service passes with a ready endpoint for each of its ports and each IP family it asks for. What is exempt says why: an ExternalName, a Service
without selector and slices, a workload that KEDA, Knative or an HPA has scaled to zero, or the annotation svcdoctor.dev/ignore with its reason.

Examples:
  svcdoctor gate -n demo --wait 2m                   after a deploy: wait until every Service has ready endpoints
  svcdoctor gate demo/web --min-ready 80%            at least 80 % of the Pods that its workloads ask for
  svcdoctor gate -n demo -l app.kubernetes.io/instance=shop
  svcdoctor gate -n demo --fail-on degrades          also fail on what the whole catalogue of checks finds
  helm template shop ./chart | svcdoctor gate -f -   before a deploy, without a cluster
  svcdoctor gate -f manifests/ --live                … and fail only on what it would introduce
  svcdoctor gate -A --baseline last.json             fail only on what last.json (-o json) does not have

Exit code:
  0  every target passes or is exempt     2  could not judge (unreachable cluster, no Service matched, wrong option)
  1  a target fails
`;

const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Declares `svcdoctor gate`; what it does is loaded only when it runs. */
export function addGateCommand(program: Command, exitWith: (code: number) => void): void {
  addOutputOptions(
    addTargetOptions(
      program
        .command('gate')
        .description('Fail a pipeline when a Service has no ready endpoint, and name the cause')
        .argument('[targets...]', targetsHelp),
    ),
  )
    .option('-l, --selector <labels>', 'only Services with these labels, as kubectl takes them')
    .option('--shard <index/count>', 'with -A, the namespaces of one part alone, counted from 0: 0/4 … 3/4; see merge')
    .option('--min-ready <number>', 'ready endpoints that each port needs: N, or P% of the Pods asked for', '1')
    .addOption(
      new Option('--fail-on <impact>', 'also fail on findings of this impact or worse, guesses excepted').choices([
        'breaks',
        'degrades',
        'risks',
      ]),
    )
    .option('--wait <duration>', 'wait at most so long until all pass: 90s, 2m')
    .option('--settle <duration>', 'with --wait: how long all must stay so', '5s')
    .option('--patient', 'with --wait: wait also for what waiting does not mend')
    .option('--allow-empty', 'pass if no Service is selected')
    .option('--allow-scaled-to-zero', 'exempt what was scaled to zero by hand')
    .addOption(
      new Option('--headless <policy>', 'judge headless Services like others, or exempt them')
        .choices(['judge', 'exempt'])
        .default('judge'),
    )
    .option('--baseline <file>', 'fail only on what this saved report (-o json) does not have')
    .option(
      '-f, --filename <path>',
      'judge rendered manifests instead: a file, a directory or -; may be repeated',
      repeated,
    )
    .option('--kustomize <dir>', 'judge what this kustomization renders; may be repeated', repeated)
    .option('--live', 'with -f or --kustomize: fail only on what the manifests would introduce into the cluster')
    .addHelpText('after', examples)
    .action(async (targets: string[], options: GateOptions) => {
      const { runGate } = await import('./commands/gate.ts');
      exitWith(await runGate(targets, options));
    });
}
