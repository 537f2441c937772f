import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, createDemo, run } from './lab.ts';

/** What is published, installed somewhere else: no source, no dependency, the same answers. */

const root = join(import.meta.dirname, '../..');
let folder = '';

const inFolder = (command: string) => run(['bash', '-c', `cd "$0" && ${command}`, folder]);

async function succeed(done: Promise<Answer>): Promise<void> {
  const { exitCode, stderr } = await done;
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stderr}`);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'svcdoctor-package-'));
  await writeFile(join(folder, 'package.json'), '{}');
  await succeed(run(['bash', '-c', 'cd "$0" && npm pack --silent --pack-destination "$1"', root, folder]));
  await succeed(inFolder('npm install --silent --no-audit --no-fund --offline ./svcdoctor-*.tgz'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('it brings no dependency along', async () => {
  expect((await readdir(join(folder, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual(['svcdoctor']);
});

test('npx svcdoctor check diagnoses a Service of the cluster', async () => {
  const namespace = await createDemo();
  const answer = await inFolder(`npx --offline svcdoctor check ${namespace}/db --probe none`);
  expect(answer.stderr).toBe('');
  expect(answer.stdout).toContain(`${namespace}/db is healthy`);
  expect(answer.exitCode).toBe(0);
});

test('publint has nothing to say', async () => {
  const answer = await run(['bash', '-c', 'cd "$0" && npx publint --strict', root]);
  expect(answer.exitCode, answer.stdout + answer.stderr).toBe(0);
});
