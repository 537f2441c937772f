import { Option, type Command } from 'commander';

/** Which cluster, as whom: kubectl's own flags under their own names. */
export interface ConnectionOptions {
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly as?: string;
  readonly asGroup?: readonly string[];
  readonly requestTimeout: string;
}

/** What tells any command where to look, and at what. */
export interface ClusterOptions extends ConnectionOptions {
  readonly allNamespaces?: boolean;
  /** `0/4`: one part of all namespaces. */
  readonly shard?: string;
  readonly from?: string;
  readonly snapshot?: string;
  /** Absent: nothing is asked. */
  readonly probe?: ProbeLevel;
  readonly probeTimeout?: string;
  readonly debugImage?: string;
  readonly yes?: boolean;
  readonly quiet?: boolean;
}

/** What probes may do: nothing, forward ports, run commands in Pods, add a container to the client. Each includes those before it. */
export const probeLevels = ['none', 'forward', 'exec', 'debug'] as const;
export type ProbeLevel = (typeof probeLevels)[number];

const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export const targetsHelp =
  'NAMESPACE/NAME, or NAME, svc/NAME or service/NAME with -n; or a URL or HOST:PORT as the client is told it; none: every Service of the namespace';

/** Adds those that choose a cluster and Services in it. */
export function addTargetOptions(command: Command): Command {
  return command
    .option('-n, --namespace <name>', 'namespace of what does not name its own (default: the context’s)')
    .option('-A, --all-namespaces', 'every Service of the cluster')
    .option('--from <client>', 'who calls: NAMESPACE/KIND/NAME, or KIND/NAME or a Pod’s NAME with -n')
    .option('--snapshot <path>', 'read a file, a directory or - (standard input) instead of a cluster')
    .option('--kubeconfig <file>', 'kubeconfig to use (default: KUBECONFIG, then ~/.kube/config)')
    .option('--context <name>', 'context of the kubeconfig to use')
    .option('--as <user>', 'act as this user, as kubectl --as does')
    .option('--as-group <group>', 'act as a member of this group, with --as; may be repeated', repeated)
    .option('--request-timeout <duration>', 'how long one request may take: 10s, 1m; 0 for ever', '30s');
}

/** Adds them, and those that say what may be asked of Pods. */
export function addClusterOptions(command: Command): Command {
  return addTargetOptions(command)
    .addOption(
      new Option(
        '--probe <level>',
        'what may be asked of Pods: nothing, port-forwards, commands in them, or a container in the client',
      )
        .choices(probeLevels)
        .default('forward'),
    )
    .option('--probe-timeout <duration>', 'how long one probe may take', '2s')
    .option(
      '--debug-image <image>',
      'what the container of --probe debug runs: something with a shell and nc',
      'busybox:1.36',
    )
    .option('-y, --yes', 'do not ask before --probe debug adds a container');
}
