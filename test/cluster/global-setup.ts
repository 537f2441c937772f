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
    const { controlPlane, times } = await startControlPlane(state, binaries);
    try {
      await installClusterDns(controlPlane, await apiOf(controlPlane.kubeconfig));
    } catch (cause) {
      await stopControlPlane(state);
      throw cause;
    }
    log(`test cluster: /readyz after ${times.ready} ms, usable after ${times.usable} ms\n`);
    provide('controlPlane', controlPlane);
    return async () => void (await stopControlPlane(state));
  } catch (cause) {
    const words = explain(cause);
    throw words === undefined ? cause : new Error(words, { cause });
  }
}
