import { execFile } from 'node:child_process';
import { delimiter, join } from 'node:path';
import type { ControlPlane } from './record.ts';

/** What a command said and how it ended; a failing command is an answer here, not an exception. */
export interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The environment in which `kubectl` is the one that was built and talks to this cluster, whatever the user has
 * installed and configured. Its discovery cache stays in the state folder too.
 */
export function environmentOf(controlPlane: ControlPlane): NodeJS.ProcessEnv {
  return {
    ...process.env,
    KUBECONFIG: controlPlane.kubeconfig,
    KUBECACHEDIR: join(controlPlane.state, 'kubectl-cache'),
    PATH: [controlPlane.binaries, process.env['PATH']].join(delimiter),
  };
}

/** Runs a command with the cluster's environment, without a shell; a variable set to `undefined` is taken out of it. */
export function run(
  controlPlane: ControlPlane,
  command: readonly [string, ...string[]],
  { input = '', variables = {} }: { input?: string; variables?: NodeJS.ProcessEnv } = {},
): Promise<Answer> {
  const [file, ...args] = command;
  const env = { ...environmentOf(controlPlane), ...variables };
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, { env, maxBuffer: 64 << 20, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
    // A command that does not read its input may end before it was written.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** What kubectl prints; throws its complaint if it fails. */
export async function kubectl(controlPlane: ControlPlane, args: readonly string[], input?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await run(
    controlPlane,
    ['kubectl', ...args],
    input === undefined ? {} : { input },
  );
  if (exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim() || `exit code ${exitCode}`}`);
  return stdout;
}
