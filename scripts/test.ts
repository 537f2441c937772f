import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browserObstacle } from '../test/browser/chromium.ts';
import { nodeObstacle } from '../test/cluster/node/packages.ts';

/**
 * All tests: types and lint, then the unit tests, those in a browser, on a real API server and on a real node. Later steps run
 * although an earlier one failed, so that one run tells everything, and the last line says how many passed and failed
 * over all of them. What this machine cannot run is named just before it.
 */

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** What vitest's JSON reporter writes, as far as it is counted here. */
interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

/** Runs a script of package.json with its output shown; true if it succeeded. */
function npmRun(script: string, ...args: string[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    spawn('npm', ['run', script, ...(args.length > 0 ? ['--', ...args] : [])], { stdio: 'inherit' })
      .on('error', reject)
      .on('close', (code) => resolve(code === 0));
  });
}

/** A script that has no tests to count counts as one. */
async function check(script: string): Promise<Tally> {
  return (await npmRun(script)) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function suite(script: string, folder: string): Promise<Tally> {
  const file = join(folder, `${script.replace(':', '-')}.json`);
  const succeeded = await npmRun(script, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`);
  const results = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Results,
    () => undefined,
  );
  const failed = results ? failures(results) : 0;
  // Whatever made it fail without a failed test, such as a cluster that does not start, is a failure all the same.
  return { passed: results?.numPassedTests ?? 0, failed: succeeded ? failed : Math.max(failed, 1) };
}

/** What to tell at the end about suites that could not run here. */
const skipped: string[] = [];

/** On CI every suite has to run; elsewhere not everybody is root on Linux. */
async function suiteUnless(obstacle: string | undefined, script: string, what: string, folder: string): Promise<Tally> {
  if (obstacle === undefined) return suite(script, folder);
  skipped.push(`skipped: ${script}, the tests ${what}: ${obstacle}`);
  return { passed: 0, failed: process.env['CI'] ? 1 : 0 };
}

/** A file that cannot even be loaded has no tests that could fail. On CI nobody reads that a test was left out. */
function failures({ numFailedTests, numPendingTests, testResults }: Results): number {
  const unloadable = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  return numFailedTests + unloadable + (process.env['CI'] ? numPendingTests : 0);
}

const folder = await mkdtemp(join(tmpdir(), 'svcdoctor-results-'));
try {
  const tallies = [
    await check('typecheck'),
    await check('lint'),
    await suite('test:unit', folder),
    await suiteUnless(await browserObstacle(), 'test:browser', 'in a browser', folder),
    await suite('test:cluster', folder),
    await suiteUnless(await nodeObstacle(), 'test:node', 'on a real node', folder),
  ];
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
  const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
  process.stdout.write(skipped.map((line) => `\n${line}\n`).join(''));
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
