import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { apiOf } from './api.ts';
import { ensureBinaries } from './binaries.ts';
import { ClusterError, explain } from './cluster-error.ts';
import { ensureControlPlane } from './control-plane.ts';
import { installClusterDns, installDemo } from './demo.ts';
import { environmentOf } from './kubectl.ts';
import { ensureNode, stopNode } from './node/start.ts';
import { type ControlPlane, defaultState } from './record.ts';
import { inspectCluster } from './running.ts';

const usage = `A real Kubernetes on this machine, for tests and for trying things out.

npm run cluster -- [--node] [--state DIR] COMMAND
  up [--demo]       start it (the first time its binaries are built); --demo: with the demo stack
  demo              put cluster DNS and the demo stack in, or put back what was changed in them
  status            which of its processes run; exit code 1 if it is not up
  kubeconfig        print the kubeconfig's path
  kubectl ARGS...   the built kubectl, talking to it
  down              end its processes and remove its folder
  build             only build the binaries, and print the folder that they are in

Without --node it is a control plane on loopback, as an ordinary user: nothing runs in its Pods.
With --node there is a real node in namespaces of its own, as root on Linux: containerd, kubelet, kube-proxy and CoreDNS
run, and so do Pods, from images made here: postgres:17, node:24-slim and busybox:1.36. There is one per machine.
`;

const helpHint = 'See npm run cluster -- --help';

/** Progress and advice go to stderr; stdout carries only what a script wants to read. */
const say = (text: string): void => void process.stderr.write(text);

interface Options {
  readonly node: boolean;
  readonly demo: boolean;
  readonly rest: readonly string[];
}

// Whoever reads the output may have read enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const commands: { [name: string]: (state: string, options: Options) => Promise<void> } = {
  async up(state, { node, demo }) {
    const controlPlane = await (node ? ensureNode(state, say) : ensureControlPlane(state, say));
    if (demo) await putDemo(controlPlane);
    advise(controlPlane);
  },

  async demo(state, { node }) {
    await putDemo(await mustRun(state, node));
  },

  async status(state) {
    const found = await inspectCluster(state);
    if (!found) {
      process.stdout.write(`no cluster in ${state}\n`);
      process.exitCode = 1;
      return;
    }
    for (const { name, pid, running: alive, residentMegabytes } of found.components) {
      const detail = alive ? `running  pid ${pid}  ${residentMegabytes} MB` : 'not running';
      process.stdout.write(`${name.padEnd(24)} ${detail}\n`);
    }
    process.stdout.write(`${'server'.padEnd(24)} ${found.controlPlane.server}\n`);
    process.stdout.write(`${'kubeconfig'.padEnd(24)} ${found.controlPlane.kubeconfig}\n`);
    if (!found.running) process.exitCode = 1;
  },

  async kubeconfig(state, { node }) {
    process.stdout.write(`${(await mustRun(state, node)).kubeconfig}\n`);
  },

  async kubectl(state, { node, rest }) {
    const controlPlane = await mustRun(state, node);
    process.exitCode = await new Promise<number>((resolve, reject) => {
      spawn(join(controlPlane.binaries, 'kubectl'), rest, { stdio: 'inherit', env: environmentOf(controlPlane) })
        .on('error', reject)
        .on('close', (code) => resolve(code ?? 1));
    });
  },

  async down(state) {
    say((await stopNode(state)) ? `cluster down, ${state} removed\n` : `no cluster in ${state}\n`);
  },

  async build() {
    process.stdout.write(`${await ensureBinaries(say)}\n`);
  },
};

async function mustRun(state: string, node: boolean): Promise<ControlPlane> {
  const found = await inspectCluster(state);
  if (found?.running) return found.controlPlane;
  throw new ClusterError(`no cluster is running in ${state}`, {
    hint: `Start one: npm run cluster -- up${node ? ' --node' : ''}`,
  });
}

async function putDemo(controlPlane: ControlPlane): Promise<void> {
  const api = await apiOf(controlPlane.kubeconfig);
  await installClusterDns(controlPlane, api);
  await installDemo(controlPlane, api);
  say('demo stack in namespace demo: Services db and api, all Pods ready\n');
}

function advise({ kubeconfig }: ControlPlane): void {
  process.stdout.write(`${kubeconfig}\n`);
  say(`use it with:  export KUBECONFIG=${kubeconfig}\n`);
}

/** What follows `kubectl` is kubectl's own, flags included. */
function commandLine(argv: readonly string[]): Options & { name: string; state: string } {
  const at = argv.indexOf('kubectl');
  const ours = at === -1 ? [...argv] : argv.slice(0, at + 1);
  try {
    const { values, positionals } = parseArgs({
      args: ours,
      allowPositionals: true,
      options: {
        state: { type: 'string' },
        node: { type: 'boolean', default: false },
        demo: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const [name = '', ...more] = positionals;
    if (values.help) return { name: 'help', state: '', node: false, demo: false, rest: [] };
    if (more.length > 0)
      throw new ClusterError(`"${more[0]}" is one word too many after "${name}"`, { hint: helpHint });
    if (values.demo && name !== 'up') throw new ClusterError('--demo belongs to "up"', { hint: helpHint });
    return {
      name,
      state: values.state ?? defaultState(values.node ? 'node' : 'cluster'),
      node: values.node,
      demo: values.demo,
      rest: at === -1 ? [] : argv.slice(at + 1),
    };
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new ClusterError(cause.message.split('. ', 1)[0] ?? cause.message, {
      hint: helpHint,
      cause,
    });
  }
}

try {
  const { name, state, ...options } = commandLine(process.argv.slice(2));
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (name === 'help' || name === '') process.stdout.write(usage);
  else if (command) await command(state, options);
  else throw new ClusterError(`there is no command "${name}"`, { hint: helpHint });
} catch (error) {
  const words = explain(error);
  if (words === undefined) throw error;
  say(`${words}\n`);
  process.exitCode = 2;
}
