import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packed } from './packed.ts';
import type { Row } from './row.ts';
import { groups, type GroupName } from './rows.ts';
import { tableOf } from './table.ts';

const usage = `Measures what docs/performance.md promises, each figure beside its peer, and writes bench/results.json.

npm run bench -- [--runs N] [GROUP...]

Groups: ${Object.keys(groups).join(', ')}; all of them if none is named. A group leaves the rows of the others as they were measured last.
--runs N   how often each command runs (default: 15; what takes seconds: 3)
`;

/** What the figures were measured on: without it they say nothing. */
interface Results {
  readonly rows: readonly (Row & { readonly measuredAt: string; readonly commit: string })[];
  readonly machine: {
    readonly cores: number;
    readonly processor: string;
    readonly memoryGigabytes: number;
    readonly node: string;
  };
}

const file = join(import.meta.dirname, 'results.json');
const log = (text: string): void => void process.stderr.write(text);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
const unknown = positionals.filter((name) => !Object.hasOwn(groups, name));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) log(`error: there is no group ${unknown.join(', ')}\n`);
  process.stdout.write(usage);
  process.exitCode = values.help ? 0 : 2;
} else await bench(positionals.length > 0 ? (positionals as GroupName[]) : (Object.keys(groups) as GroupName[]));

async function bench(names: readonly GroupName[]): Promise<void> {
  const runs = values.runs === undefined ? undefined : Number(values.runs);
  const times = { short: runs ?? 15, long: runs ?? 3 };
  await using program = await packed();
  const before = await earlier();
  const rows = new Map(before.map((row) => [row.id, row]));
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const medianOf = (id: string) => rows.get(id)?.wall?.median;
  const measured: Row[] = [];
  for (const name of names) {
    log(`${name} …\n`);
    try {
      for await (const row of groups[name]({ bin: program.bin, times, log, medianOf })) {
        rows.set(row.id, { ...row, measuredAt: new Date().toISOString(), commit });
        measured.push(row);
        log(tableOf([row]).split('\n').slice(2).join('\n'));
      }
    } catch (error) {
      log(`${name} could not be measured: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
  }
  const [processor] = cpus();
  const results: Results = {
    machine: {
      cores: availableParallelism(),
      processor: processor?.model ?? 'unknown',
      memoryGigabytes: Math.round(totalmem() / 1e9),
      node: process.version,
    },
    rows: [...rows.values()],
  };
  await writeFile(file, `${JSON.stringify(results, undefined, 2)}\n`);
  process.stdout.write(tableOf(measured));
}

async function earlier(): Promise<Results['rows']> {
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as Results).rows;
  } catch {
    return [];
  }
}
