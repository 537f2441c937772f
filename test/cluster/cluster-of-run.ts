import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { explain } from './cluster-error.ts';
import type { ControlPlane } from './record.ts';
import { stopCluster, stopOrphans } from './running.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    controlPlane: ControlPlane;
  }
}

type Log = (text: string) => void;

const log: Log = (text) => void process.stderr.write(text);

/**
 * One cluster per run, on fresh state, handed to the tests as `controlPlane`; gone when the run ends, also when it is
 * interrupted. The prefix is that of its folder, by which a later run finds what a killed one has left.
 */
export async function clusterOfRun(
  { provide }: TestProject,
  prefix: string,
  start: (state: string, log: Log) => Promise<ControlPlane>,
  stop: (state: string) => Promise<unknown> = stopCluster,
): Promise<() => Promise<void>> {
  try {
    await stopOrphans(prefix);
    const state = await mkdtemp(join(tmpdir(), prefix));
    // Interrupted, vitest exits without any teardown; what can still be done then is to start somebody who does it.
    const takeDown = (): void => {
      const cli = join(import.meta.dirname, 'cluster.ts');
      spawn(process.execPath, [cli, 'down', '--state', state], { detached: true, stdio: 'ignore' }).unref();
    };
    process.once('exit', takeDown);
    provide('controlPlane', await start(state, log));
    return async () => {
      await stop(state);
      process.off('exit', takeDown);
    };
  } catch (cause) {
    const words = explain(cause);
    if (words === undefined) throw cause;
    const plain = new Error(words);
    // No stack and no cause: the words say what to do, and vitest would bury them under both.
    plain.stack = words;
    throw plain;
  }
}
