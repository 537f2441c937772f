import { Option, type Command } from 'commander';
import type { ColorChoice } from './terminal.ts';

/** What tells the demo's commands which cluster they are for, and which namespace in it. */
export interface DemoOptions {
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly as?: string;
  readonly asGroup?: readonly string[];
  readonly requestTimeout: string;
  readonly timeout: string;
  readonly color: ColorChoice;
}

const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Adds them to a command. */
export function addDemoOptions(command: Command): Command {
  return command
    .option('-n, --namespace <name>', 'namespace of the demo (default: demo)')
    .option('--timeout <duration>', 'how long to wait for Pods in all', '3m')
    .option('--kubeconfig <file>', 'kubeconfig to use (default: KUBECONFIG, then ~/.kube/config)')
    .option('--context <name>', 'context of the kubeconfig to use')
    .option('--as <user>', 'act as this user, as kubectl --as does')
    .option('--as-group <group>', 'act as a member of this group, with --as; may be repeated', repeated)
    .option('--request-timeout <duration>', 'how long one request may take: 10s, 1m; 0 for ever', '30s')
    .addOption(new Option('--color <when>', 'colour the text').choices(['auto', 'always', 'never']).default('auto'));
}
