import { expect, test } from 'vitest';
import { parseMinReady } from '../../src/cli/gate-policy.ts';
import { svcdoctor } from '../kit/command.ts';

test.each([
  ['2', { count: 2 }],
  ['80%', { percent: 80 }],
])('--min-ready %s', (text, expected) => {
  expect(parseMinReady(text)).toEqual(expected);
});

test.each(['0', '0%', '101%', 'all', '-1', '1.5'])('--min-ready %s is refused', (text) => {
  expect(() => parseMinReady(text)).toThrow(`--min-ready ${text} is neither`);
});

test.each([
  [['--wait', '3s'], 'leaves no time'],
  [['-l', 'app=db', 'demo/db'], '-l chooses among all Services'],
  [['--live'], '--live compares manifests'],
  [['-f', '/dev/null', '--wait', '1m'], '-f judges what is not deployed yet'],
  [['-f', '/nowhere'], 'cannot read /nowhere'],
  [['--baseline', '/nowhere', 'demo/db'], '/nowhere is no baseline'],
] as const)('%j is a slip, told in a line: 2', async (args, words) => {
  const { exitCode, stderr, stdout } = await svcdoctor('gate', ...args);
  expect(stderr).toContain(words);
  expect(stderr).toMatch(/^error: .+\nhint: .+\n$/);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
});
