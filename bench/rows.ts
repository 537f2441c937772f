import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { apiOf } from '../test/cluster/api.ts';
import { ensureBinaries } from '../test/cluster/binaries.ts';
import { startControlPlane } from '../test/cluster/control-plane.ts';
import { createNamespace, installClusterDns, installDemo } from '../test/cluster/demo.ts';
import { environmentOf } from '../test/cluster/kubectl.ts';
import type { ControlPlane } from '../test/cluster/record.ts';
import { stopCluster } from '../test/cluster/running.ts';
import { delayingProxy } from './delaying-proxy.ts';
import { startGeneratedCluster } from './generated/cluster.ts';
import type { ClusterShape } from './generated/shape.ts';
import { inTurns, spreadOf, type Command } from './measure.ts';
import { packed } from './packed.ts';
import { atMost, compared, type Row } from './row.ts';

/** What every group of rows works with. */
export interface Bench {
  /** The published program. */
  readonly bin: string;
  /** How often what takes a moment is run, and what takes longer. */
  readonly times: { readonly short: number; readonly long: number };
  readonly log: (text: string) => void;
  /** The median of a row that was measured before, in milliseconds. */
  medianOf(id: string): number | undefined;
}

/** Rows that share what they are measured on; asked for by its name. */
export type Group = (bench: Bench) => AsyncGenerator<Row>;

const node = process.execPath;
const bare: Command = { words: [node, '-e', '0'] };

const svcdoctor = ({ bin }: Bench, args: readonly string[], more: Omit<Command, 'words'> = {}): Command => ({
  words: [node, bin, ...args],
  ...more,
});

/** What a program of its kind costs before it does anything. */
async function* startUp(bench: Bench): AsyncGenerator<Row> {
  const cases = [
    { id: 'version', what: 'svcdoctor --version', command: svcdoctor(bench, ['--version']) },
    { id: 'help', what: 'svcdoctor --help', command: svcdoctor(bench, ['--help']) },
    {
      id: 'usage-error',
      what: 'a usage error',
      command: svcdoctor(bench, ['check', '--no-such-option'], { ends: [2] }),
    },
  ];
  const snapshot = await oneCase();
  const check = svcdoctor(bench, ['check', 'demo/db', '--snapshot', snapshot], { ends: [0, 1] });
  const [empty, ...measured] = await inTurns([bare, ...cases.map(({ command }) => command), check], {
    times: bench.times.short,
  });
  if (!empty) return;
  const peer = { name: 'node -e 0', ...empty };
  for (const [index, { id, what }] of cases.entries())
    yield compared({ id, what }, measured[index] ?? empty, peer, 1.5);
  yield compared({ id: 'snapshot', what: 'check --snapshot of one case' }, measured.at(-1) ?? empty, peer, 3);
}

/** The first of the recorded cases of the tests, as a file. */
async function oneCase(): Promise<string> {
  const { cluster } = await import('../test/kit/cluster.ts');
  const { stack } = await import('../test/kit/dns.ts');
  const { formatSnapshot } = await import('../src/report/yaml.ts');
  const file = join(await mkdtemp(join(tmpdir(), 'svcdoctor-case-')), 'case.yaml');
  await writeFile(file, formatSnapshot(cluster(stack)));
  return file;
}

/** A control plane of its own for as long as rows are measured on it. */
async function* onCluster(
  start: (state: string) => Promise<ControlPlane>,
  rows: (controlPlane: ControlPlane) => AsyncGenerator<Row>,
): AsyncGenerator<Row> {
  const state = await mkdtemp(join(tmpdir(), 'svcdoctor-bench-'));
  try {
    yield* rows(await start(state));
  } finally {
    await stopCluster(state);
  }
}

const onGenerated = (bench: Bench, shape: ClusterShape, rows: (controlPlane: ControlPlane) => AsyncGenerator<Row>) =>
  onCluster((state) => startGeneratedCluster(state, shape, bench.log), rows);

/** One Service of the demo stack, beside kubectl; and once more with the API server 100 ms away. */
async function* oneService(bench: Bench): AsyncGenerator<Row> {
  const start = async (state: string) => {
    const { controlPlane } = await startControlPlane(state, await ensureBinaries(bench.log));
    const api = await apiOf(controlPlane.kubeconfig);
    await installClusterDns(controlPlane, api);
    await createNamespace(api, 'demo').catch(() => {});
    await installDemo(controlPlane, api);
    return controlPlane;
  };
  yield* onCluster(start, async function* (controlPlane) {
    const describe = ['kubectl', 'describe', 'service', 'db', '-n', 'demo'] as const;
    const check = ['check', 'demo/db', '--probe', 'none'];
    const env = environmentOf(controlPlane);
    const [ours, theirs] = await inTurns([svcdoctor(bench, check, { env }), { words: describe, env }], {
      times: bench.times.short,
    });
    if (ours && theirs)
      yield compared(
        { id: 'check', what: 'check demo/db --probe none' },
        ours,
        { name: 'kubectl describe', ...theirs },
        3,
      );
    await using far = await delayingProxy(controlPlane, 100);
    const kubeconfig = join(controlPlane.state, 'far.kubeconfig');
    const near = await readFile(controlPlane.kubeconfig, 'utf8');
    await writeFile(kubeconfig, near.replaceAll(controlPlane.server, far.server), { mode: 0o600 });
    const farEnv = { ...env, KUBECONFIG: kubeconfig };
    const [slow, theirsSlow] = await inTurns(
      [svcdoctor(bench, check, { env: farEnv }), { words: describe, env: farEnv }],
      { times: bench.times.short },
    );
    far.forget();
    await inTurns([svcdoctor(bench, check, { env: farEnv })], { times: 1, warmUp: false });
    if (slow && theirsSlow)
      yield {
        id: 'check-far',
        what: `the same, 100 ms a request (${far.requests} requests)`,
        ...slow,
        peer: { name: 'kubectl describe', ...theirsSlow },
        goals: [atMost('ms in all', slow.wall.median, 500), atMost('requests in sequence', far.sequence, 6)],
      };
  });
}

/** Fetching the three lists as they are, one after another; and a reader in Node that parses and forgets them. */
async function rawReadsOf(
  controlPlane: ControlPlane,
): Promise<{ readonly curl: Command; readonly slices: Command; readonly reader: Command }> {
  const env = environmentOf(controlPlane);
  const authority = join(controlPlane.state, 'pki', 'apiserver.crt');
  const token = /token: (\S+)/.exec(await readFile(controlPlane.kubeconfig, 'utf8'))?.[1] ?? '';
  const fetched = (lists: readonly string[]): Command => ({
    words: [
      'sh',
      '-ec',
      'for list in "$@"; do curl --fail --silent --show-error --cacert "$AUTHORITY" --header "Authorization: Bearer $TOKEN" --output /dev/null "$SERVER$list"; done',
      'sh',
      ...lists,
    ],
    env: { AUTHORITY: authority, TOKEN: token, SERVER: controlPlane.server },
  });
  const slim = ['/api/v1/services', '/apis/discovery.k8s.io/v1/endpointslices'];
  return {
    curl: fetched([...slim, '/api/v1/pods']),
    slices: fetched(slim),
    reader: { words: [node, join(import.meta.dirname, 'plain-reader.ts')], env },
  };
}

const sweep = (bench: Bench, controlPlane: ControlPlane): Command =>
  svcdoctor(bench, ['check', '-A', '-q', '--probe', 'none'], { env: environmentOf(controlPlane), ends: [1] });

/** Every Service of 2,000, beside what the bytes alone cost. */
async function* sweepMedium(bench: Bench): AsyncGenerator<Row> {
  yield* onGenerated(bench, { services: 2000 }, async function* (controlPlane) {
    const { curl, reader } = await rawReadsOf(controlPlane);
    const [ours, raw, plain] = await inTurns([sweep(bench, controlPlane), curl, reader], { times: bench.times.long });
    if (!ours || !raw || !plain) return;
    const row = compared(
      { id: 'sweep', what: 'check -A, 2,000 Services, 20,000 Pods' },
      ours,
      { name: 'curl of three lists', ...raw },
      1,
      [atMost('MB at most', ours.peakMegabytes ?? Number.NaN, 300)],
    );
    yield { ...row, besides: [{ name: 'plain reader in Node', ...plain }] };
  });
}

/** The same cluster with nothing broken: endpoints say that all is well. */
async function* gateMedium(bench: Bench): AsyncGenerator<Row> {
  yield* onGenerated(bench, { services: 2000, broken: 0 }, async function* (controlPlane) {
    const { curl, slices } = await rawReadsOf(controlPlane);
    const gate = svcdoctor(bench, ['gate', '-A'], { env: environmentOf(controlPlane) });
    const [ours, raw, slim] = await inTurns([gate, curl, slices], { times: bench.times.long });
    if (!ours || !raw || !slim) return;
    const row = compared(
      { id: 'gate', what: 'gate -A, 2,000 Services, all well' },
      ours,
      { name: 'curl of three lists', ...raw },
      1 / 3,
    );
    yield { ...row, besides: [{ name: 'curl of services and slices', ...slim }] };
  });
}

/** Five times as large: time grows with it, memory stays bounded, and one Service costs what it costs anywhere. */
async function* sweepLarge(bench: Bench): AsyncGenerator<Row> {
  yield* onGenerated(bench, { services: 10_000 }, async function* (large) {
    const { curl, reader } = await rawReadsOf(large);
    const [ours, raw, plain] = await inTurns([sweep(bench, large), curl, reader], {
      times: bench.times.long,
      warmUp: false,
    });
    if (!ours || !raw || !plain) return;
    const medium = bench.medianOf('sweep') ?? Number.NaN;
    yield {
      id: 'sweep-large',
      what: 'check -A, 10,000 Services, 100,000 Pods',
      ...ours,
      peer: { name: 'curl of three lists', ...raw },
      besides: [{ name: 'plain reader in Node', ...plain }],
      goals: [
        atMost('× check -A of 2,000', ours.wall.median / medium, 6),
        atMost('MB at most', ours.peakMegabytes ?? Number.NaN, 600),
      ],
    };
    yield* onGenerated(bench, { services: 1 }, async function* (empty) {
      const check = (controlPlane: ControlPlane): Command =>
        svcdoctor(bench, ['check', 'team-0000/orders', '--probe', 'none'], { env: environmentOf(controlPlane) });
      const [inLarge, inEmpty] = await inTurns([check(large), check(empty)], { times: bench.times.short });
      if (inLarge && inEmpty)
        yield compared(
          { id: 'one-in-large', what: 'check ns/name among 10,000 Services' },
          inLarge,
          { name: 'in an empty cluster', ...inEmpty },
          1.3,
        );
    });
  });
}

/** As many Pods, each three times as large: what is not needed must not be kept. */
async function* sweepBulky(bench: Bench): AsyncGenerator<Row> {
  yield* onGenerated(bench, { services: 10_000, bulk: 3 }, async function* (controlPlane) {
    const [ours] = await inTurns([sweep(bench, controlPlane)], { times: 1, warmUp: false });
    if (!ours) return;
    yield {
      id: 'sweep-bulky',
      what: 'the same, every Pod three times the size',
      ...ours,
      goals: [atMost('× 600 MB', (ours.peakMegabytes ?? Number.NaN) / 600, 1.3)],
    };
  });
}

/** Judging alone, without a file or a server. */
async function* evaluation(bench: Bench): AsyncGenerator<Row> {
  for (const [id, services, limit] of [
    ['evaluation-medium', 2000, 1000],
    ['evaluation', 10_000, 5000],
  ] as const) {
    const runs: number[] = [];
    for (let turn = 0; turn < bench.times.long; turn += 1) {
      const { stdout } = await promisify(execFile)(node, [join(import.meta.dirname, 'evaluate.ts'), String(services)], {
        timeout: 300_000,
      });
      runs.push((JSON.parse(stdout) as { readonly milliseconds: number }).milliseconds);
    }
    const wall = spreadOf(runs);
    const what = `evaluation alone, ${services.toLocaleString('en')} Services`;
    yield { id, what, wall, goals: [atMost('ms of one core', wall.median, limit)] };
  }
}

const shardCount = 4;

/** Shared out and merged again, against one run: the same report, to the byte. */
async function* shared(bench: Bench): AsyncGenerator<Row> {
  yield* onGenerated(bench, { services: 2000 }, async function* (controlPlane) {
    const env = environmentOf(controlPlane);
    const report = (name: string) => join(controlPlane.state, `${name}.json`);
    const check = (name: string, shard: readonly string[]): Command =>
      svcdoctor(bench, ['check', '-A', '-q', '--probe', 'none', ...shard, '--output-file', `json=${report(name)}`], {
        env,
        ends: [0, 1],
      });
    const names = Array.from({ length: shardCount }, (_, index) => `${index}`);
    const [whole, ...shards] = await inTurns(
      [check('whole', []), ...names.map((name) => check(name, ['--shard', `${name}/${shardCount}`]))],
      { times: 1, warmUp: false },
    );
    const merge = svcdoctor(bench, ['merge', ...names.map(report), '-q', '--output-file', `json=${report('merged')}`], {
      ends: [1],
    });
    await inTurns([merge], { times: 1, warmUp: false });
    const [merged, one] = await Promise.all(['merged', 'whole'].map((name) => readFile(report(name))));
    if (!whole || !merged || !one) return;
    const peaks = shards.map(({ peakMegabytes = Number.NaN }) => peakMegabytes);
    yield {
      id: 'shards',
      what: `one of ${shardCount} shards of 2,000 Services, with its report`,
      wall: spreadOf(shards.map(({ wall }) => wall.median)),
      peakMegabytes: Math.max(...peaks),
      peer: { name: 'one run over all', ...whole },
      goals: [atMost('differences after merge', merged.equals(one) ? 0 : 1, 0)],
    };
  });
}

/** What people download. */
async function* published(): AsyncGenerator<Row> {
  await using its = await packed();
  yield {
    id: 'package',
    what: 'the published package',
    goals: [atMost('MB unpacked', its.unpackedMegabytes, 3), atMost('dependencies to install', its.dependencies, 0)],
  };
}

export const groups = {
  'start-up': startUp,
  package: published,
  service: oneService,
  sweep: sweepMedium,
  gate: gateMedium,
  shards: shared,
  evaluation,
  large: sweepLarge,
  bulky: sweepBulky,
} as const satisfies Record<string, Group>;

export type GroupName = keyof typeof groups;
