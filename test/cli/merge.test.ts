import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatSnapshot } from '../../src/report/yaml.ts';
import { cluster, service, workload } from '../kit/cluster.ts';
import { svcdoctor } from '../kit/command.ts';

let folder = '';
let snapshot = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'svcdoctor-merge-'));
  snapshot = join(folder, 'cluster.yaml');
  const stacks = ['demo', 'shop', 'shop-eu', 'team-a', 'team-b'].flatMap((namespace) => [
    ...workload({ namespace, name: 'db' }),
    service({ namespace, name: 'db', ...(namespace === 'shop' ? { selector: { app: 'dbx' } } : {}) }),
  ]);
  await writeFile(snapshot, formatSnapshot(cluster(stacks)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const check = (...args: string[]) => svcdoctor('check', '-A', '--snapshot', snapshot, ...args);

async function reportsOf(count: number): Promise<readonly string[]> {
  const files = Array.from({ length: count }, (_, index) => join(folder, `${index}-of-${count}.json`));
  for (const [index, file] of files.entries())
    await check('--shard', `${index}/${count}`, '-q', '--output-file', `json=${file}`);
  return files;
}

describe('shards, merged', () => {
  test.each([1, 3, 9])('of %i, they say what one run says, in every format', async (count) => {
    const files = await reportsOf(count);
    for (const format of ['json', 'text', 'sarif'] as const) {
      const whole = await check('-o', format);
      const merged = await svcdoctor('merge', ...files.toReversed(), '-o', format);
      expect(merged.stdout, format).toBe(whole.stdout);
      expect(merged.exitCode).toBe(1);
    }
  });

  test('where one is missing, that is said instead of a report: 2', async () => {
    const [, ...files] = await reportsOf(3);
    const { stdout, stderr, exitCode } = await svcdoctor('merge', ...files);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: the report of shard 0\/3 is missing\nhint: /);
    expect(exitCode).toBe(2);
  });

  test('what is no report is named: 2', async () => {
    const { stderr, exitCode } = await svcdoctor('merge', snapshot);
    expect(stderr).toMatch(/^error: \S+cluster\.yaml is no report: .*\nhint: /);
    expect(exitCode).toBe(2);
    expect((await svcdoctor('merge', join(folder, 'nowhere.json'))).stderr).toMatch(
      /^error: .*nowhere\.json is no report: ENOENT/,
    );
  });
});

test.each([
  ['4/4', ['-A'], /shards are counted from 0, as the indexes of a Job are: 0\/4 to 3\/4/],
  ['2', ['-A'], /write INDEX\/COUNT/],
  ['0/0', ['-A'], /write INDEX\/COUNT/],
  ['0/2', ['-n', 'demo'], /--shard shares out all namespaces: it goes with -A/],
])('--shard %s with %j is a slip: 2', async (shard, scope, words) => {
  const { stderr, exitCode } = await svcdoctor('check', ...scope, '--snapshot', snapshot, '--shard', shard);
  expect(stderr).toMatch(words);
  expect(exitCode).toBe(2);
});
