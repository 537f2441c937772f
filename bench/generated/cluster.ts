import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { apiOf } from '../../test/cluster/api.ts';
import { ensureBinaries } from '../../test/cluster/binaries.ts';
import { startControlPlane } from '../../test/cluster/control-plane.ts';
import { type ControlPlane } from '../../test/cluster/record.ts';
import { stopCluster } from '../../test/cluster/running.ts';
import { generatedCluster } from './generated-cluster.ts';
import { loadInto } from './load.ts';
import type { ClusterShape } from './shape.ts';

/** A real API server that holds a generated cluster, and no controller that would change it; `stopCluster` ends it. */
export async function startGeneratedCluster(
  state: string,
  shape: ClusterShape,
  log: (text: string) => void,
): Promise<ControlPlane> {
  const { controlPlane } = await startControlPlane(state, await ensureBinaries(log), { controllers: false });
  const started = Date.now();
  const written = await loadInto(controlPlane.etcd ?? '', generatedCluster(shape));
  await settled(controlPlane);
  log(
    `${written} objects, ${shape.services} Services among them, after ${((Date.now() - started) / 1000).toFixed(1)} s\n`,
  );
  return controlPlane;
}

/** For as long as the API server is still taking it all in, it answers some lists late, or with a 504. */
async function settled({ kubeconfig }: ControlPlane): Promise<void> {
  const api = await apiOf(kubeconfig);
  for (const list of [
    '/api/v1/services',
    '/api/v1/pods',
    '/apis/discovery.k8s.io/v1/endpointslices',
    '/api/v1/events',
  ]) {
    for (const deadline = Date.now() + 300_000; ; await delay(500)) {
      const seen = await api.get(`${list}?limit=1`).catch((error: unknown) => {
        if (Date.now() > deadline) throw error;
        return undefined;
      });
      if (seen !== undefined) break;
    }
  }
}

const usage = `A real API server that holds a generated cluster, without controllers.

npm run bench:cluster -- up --state DIR [--services 2000] [--seed 1] [--broken 0.1] [--bulk 1]
npm run bench:cluster -- down --state DIR
`;

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      state: { type: 'string' },
      services: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
      broken: { type: 'string', default: '0.1' },
      bulk: { type: 'string', default: '1' },
    },
  });
  const [command] = positionals;
  const { state } = values;
  if (command === 'up' && state !== undefined) {
    const { services, seed, broken, bulk } = values;
    const shape = { services: Number(services), seed: Number(seed), broken: Number(broken), bulk: Number(bulk) };
    const { kubeconfig } = await startGeneratedCluster(state, shape, (text) => process.stderr.write(text));
    process.stdout.write(`${kubeconfig}\n`);
  } else if (command === 'down' && state !== undefined) await stopCluster(state);
  else process.stdout.write(usage);
}
