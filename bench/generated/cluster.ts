import { parseArgs } from 'node:util';
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
  log(
    `${written} objects, ${shape.services} Services among them, after ${((Date.now() - started) / 1000).toFixed(1)} s\n`,
  );
  return controlPlane;
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
