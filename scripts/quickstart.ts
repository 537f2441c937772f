import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { apiOf } from '../test/cluster/api.ts';
import { ensureBinaries } from '../test/cluster/binaries.ts';
import { ClusterError, explain } from '../test/cluster/cluster-error.ts';
import { type ControlPlane, defaultState, ensureControlPlane } from '../test/cluster/control-plane.ts';
import { installClusterDns, installDemo, readyAddresses, waitForSlices } from '../test/cluster/demo.ts';
import { environmentOf, kubectl } from '../test/cluster/kubectl.ts';

/**
 * From a fresh clone to a diagnosis: a real Kubernetes on this machine, the demo stack in it, one thing broken, and
 * svcdoctor's word on it. The cluster stays up, so that the fix can be tried.
 */

const say = (text: string): void => void process.stderr.write(text);

async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  say(`▸ ${what}\n`);
  const started = Date.now();
  const result = await work();
  say(`  ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  return result;
}

async function breakSelector(controlPlane: ControlPlane): Promise<void> {
  const patch = JSON.stringify({ spec: { selector: { app: 'dbx' } } });
  await kubectl(controlPlane, ['patch', 'service', 'db', '-n', 'demo', '--type=merge', '-p', patch]);
  const api = await apiOf(controlPlane.kubeconfig);
  await waitForSlices(api, 'demo', 'db', (slices) => readyAddresses(slices).length === 0);
}

/** Its exit code is 1 where it finds a problem, and here it must. There is no kubelet here that a probe could go through. */
async function diagnose(controlPlane: ControlPlane): Promise<void> {
  const cli = join(import.meta.dirname, '..', 'bin', 'svcdoctor.js');
  if (!existsSync(cli)) throw new ClusterError('there is no bin/svcdoctor.js');
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    spawn(process.execPath, [cli, 'check', 'demo/db', '--probe', 'none'], {
      stdio: 'inherit',
      env: environmentOf(controlPlane),
    })
      .on('error', reject)
      .on('close', resolve);
  });
  if (exitCode !== 1) throw new ClusterError(`svcdoctor ended with exit code ${exitCode}; a found problem would be 1`);
}

try {
  await step('the binaries of etcd and Kubernetes (built from source the first time)', () => ensureBinaries(say));
  const controlPlane = await step('a control plane on loopback', () => ensureControlPlane(defaultState(), say));
  await step('two Nodes, cluster DNS and the demo stack: an API and its database', async () => {
    const api = await apiOf(controlPlane.kubeconfig);
    await installClusterDns(controlPlane, api);
    await installDemo(controlPlane, api);
  });
  await step('one thing broken: the Service db now selects app=dbx', () => breakSelector(controlPlane));
  await step('svcdoctor check demo/db', () => diagnose(controlPlane));
  say(`
Apply the fix above, then look again:
  export KUBECONFIG=${controlPlane.kubeconfig}
  npm run cluster -- kubectl ...     the built kubectl, if you have none
  npx svcdoctor check demo/db --probe none     no kubelet runs here that a probe could go through
  npm run cluster -- down            when you are done
`);
} catch (error) {
  const words = explain(error);
  if (words === undefined) throw error;
  say(`${words}\n`);
  process.exitCode = 2;
}
