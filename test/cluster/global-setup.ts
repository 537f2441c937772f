import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { apiOf } from './api.ts';
import { ensureBinaries } from './binaries.ts';
import { explain } from './cluster-error.ts';
import { type ControlPlane, startControlPlane, stopControlPlane, stopOrphans } from './control-plane.ts';
import { installClusterDns } from './demo.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    controlPlane: ControlPlane;
  }
}

const prefix = 'svcdoctor-test-';

const log = (text: string): void => void process.stderr.write(text);

/** One cluster per run, on fresh state, with two Nodes and cluster DNS; gone when the run ends. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  try {
    await stopOrphans(prefix);
    const binaries = await ensureBinaries(log);
    const state = await mkdtemp(join(tmpdir(), prefix));
    // Interrupted, vitest exits without any teardown; what can still be done then is to start somebody who does it.
    const takeDown = (): void => {
      const cli = join(import.meta.dirname, 'cluster.ts');
      spawn(process.execPath, [cli, 'down', '--state', state], { detached: true, stdio: 'ignore' }).unref();
    };
    process.once('exit', takeDown);
    const { controlPlane, times } = await startControlPlane(state, binaries);
    await installClusterDns(controlPlane, await apiOf(controlPlane.kubeconfig));
    log(`test cluster: /readyz after ${times.ready} ms, usable after ${times.usable} ms\n`);
    provide('controlPlane', controlPlane);
    return async () => {
      await stopControlPlane(state);
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
