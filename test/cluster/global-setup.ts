import type { TestProject } from 'vitest/node';
import { apiOf } from './api.ts';
import { ensureBinaries } from './binaries.ts';
import { clusterOfRun } from './cluster-of-run.ts';
import { startControlPlane } from './control-plane.ts';
import { installClusterDns } from './demo.ts';

/** A control plane with two Nodes that the tests play, and cluster DNS. */
export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return clusterOfRun(project, 'svcdoctor-test-', async (state, log) => {
    const { controlPlane, times } = await startControlPlane(state, await ensureBinaries(log));
    await installClusterDns(controlPlane, await apiOf(controlPlane.kubeconfig));
    log(`test cluster: /readyz after ${times.ready} ms, usable after ${times.usable} ms\n`);
    return controlPlane;
  });
}
