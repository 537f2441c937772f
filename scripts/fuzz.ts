import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { attempt, type Failure } from '../test/fuzz/fuzz.ts';

/**
 * The long run of test/fuzz: a million mutations of real snapshots in two workers. Each has a number that repeats it. What fails is saved in
 * the folder together with how far the run is, so that it goes on where it was interrupted.
 *
 *   npm run fuzz -- [--mutations 1000000] [--first 1] [--workers 2] [--folder fuzz-results]
 *   npm run fuzz -- --only 4711
 */

interface Share {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

interface Tally {
  readonly next: number;
  readonly diagnosed: number;
  readonly refused: number;
  readonly failures: readonly Failure[];
}

const reportEvery = 500;

function work({ first, last, step }: Share): void {
  let tally = { diagnosed: 0, refused: 0, failures: [] as Failure[] };
  for (let number = first, done = 1; number <= last; number += step, done += 1) {
    const outcome = attempt(number);
    if (typeof outcome === 'string') tally[outcome] += 1;
    else tally.failures.push(outcome);
    if (done % reportEvery !== 0 && number + step <= last) continue;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    parentPort?.postMessage({ next: number + step, ...tally } satisfies Tally);
    tally = { diagnosed: 0, refused: 0, failures: [] };
  }
}

interface Progress {
  readonly first: number;
  readonly mutations: number;
  /** The next number of each worker. */
  readonly next: number[];
  diagnosed: number;
  refused: number;
  failed: number;
  seconds: number;
}

async function lead(): Promise<void> {
  const { values } = parseArgs({
    options: {
      mutations: { type: 'string', default: '1000000' },
      first: { type: 'string', default: '1' },
      workers: { type: 'string', default: '2' },
      folder: { type: 'string', default: 'fuzz-results' },
      only: { type: 'string' },
    },
  });
  if (values.only !== undefined) {
    const outcome = attempt(Number(values.only));
    process.stdout.write(`${typeof outcome === 'string' ? outcome : `${outcome.case}: ${outcome.what}`}\n`);
    process.exitCode = typeof outcome === 'string' ? 0 : 1;
    return;
  }
  const [first, mutations, workers] = [values.first, values.mutations, values.workers].map(Number) as [
    number,
    number,
    number,
  ];
  mkdirSync(values.folder, { recursive: true });
  const file = join(values.folder, 'progress.json');
  const progress = resumed(file, first, mutations, workers);
  const [began, before] = [Date.now(), progress.seconds];
  const note = (worker: number, { next, diagnosed, refused, failures }: Tally) => {
    progress.next[worker] = next;
    progress.diagnosed += diagnosed;
    progress.refused += refused;
    progress.failed += failures.length;
    progress.seconds = before + (Date.now() - began) / 1000;
    for (const failure of failures) {
      writeFileSync(
        join(values.folder, `failure-${failure.number}.txt`),
        `${failure.case}\n${failure.what}\n\n${failure.input}\n`,
      );
      process.stdout.write(`failed: ${failure.number} (${failure.case}): ${failure.what.split('\n')[0]}\n`);
    }
    writeFileSync(file, `${JSON.stringify(progress)}\n`);
  };
  const timer = setInterval(() => say(progress), 30_000);
  await Promise.all(progress.next.map((next, worker) => share(next, worker, first + mutations - 1, workers, note)));
  clearInterval(timer);
  say(progress);
  process.exitCode = progress.failed === 0 ? 0 : 1;
}

function share(next: number, worker: number, last: number, step: number, note: (worker: number, tally: Tally) => void) {
  return new Promise<void>((resolve, reject) => {
    if (next > last) return resolve();
    new Worker(import.meta.filename, { workerData: { first: next, last, step } satisfies Share })
      .on('message', (tally: Tally) => note(worker, tally))
      .on('error', reject)
      .on('exit', () => resolve());
  });
}

function resumed(file: string, first: number, mutations: number, workers: number): Progress {
  try {
    const found = JSON.parse(readFileSync(file, 'utf8')) as Progress;
    if (found.first === first && found.mutations === mutations && found.next.length === workers) return found;
  } catch {
    // Nothing to go on from.
  }
  const next = Array.from({ length: workers }, (_, worker) => first + worker);
  return { first, mutations, next, diagnosed: 0, refused: 0, failed: 0, seconds: 0 };
}

function say({ first, mutations, diagnosed, refused, failed, seconds }: Progress): void {
  const done = diagnosed + refused + failed;
  process.stdout.write(
    `${done} of ${mutations} mutations from number ${first} on: ${diagnosed} diagnosed, ${refused} refused, ${failed} failed; ${Math.round(done / seconds)} a second\n`,
  );
}

if (isMainThread) {
  // It has time: whoever works on the machine goes first.
  setPriority(10);
  await lead();
} else work(workerData as Share);
