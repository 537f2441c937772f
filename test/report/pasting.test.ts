import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandLine } from '../../src/report/command-line.ts';
import { randomFrom, type Random } from '../generated/random.ts';

/** A printed command, pasted into a real shell, runs exactly what was meant and nothing else, whatever a name or a message holds. */

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'svcdoctor-pasting-'));
  // Each argument ends with a unit separator, each command with a record separator: no word here holds them.
  const program = `#!/bin/sh\n[ $# = 0 ] || printf '%s\\037' "$@"\nprintf '\\036'\n`;
  writeFileSync(join(folder, 'kubectl'), program, { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the stub of kubectl was given, line by line. */
function pasted(shell: string, lines: readonly string[]): readonly (readonly string[])[] {
  const env = { PATH: [folder, process.env['PATH']].join(delimiter), LC_ALL: 'C.UTF-8', HOME: folder };
  const printed = execFileSync(shell, [], { input: `${lines.join('\n')}\n`, encoding: 'utf8', env, cwd: folder });
  expect(readdirSync(folder)).toEqual(['kubectl']);
  return printed
    .split('\u001e')
    .slice(0, -1)
    .map((command) => command.split('\u001f').slice(0, -1));
}

const pieces: readonly string[] = [
  ' ',
  '"',
  "'",
  '\\',
  '$',
  '`',
  '$(touch pwned)',
  '`touch pwned`',
  '; touch pwned #',
  '> pwned',
  '${HOME}',
  '!',
  '!!',
  '*',
  '?',
  '~',
  '~root',
  '#',
  ';',
  '&',
  '|',
  '<',
  '>',
  '(',
  ')',
  '{a,b}',
  '[',
  ']',
  '=',
  '-',
  '--',
  '%',
  '^',
  'é',
  '数',
  '🐘',
  "$'",
  '\\n',
  '\\u0041',
  '\\x41',
  '\\',
  'A=1',
  '.',
  '/',
];
const controls: readonly string[] = [
  '\n',
  '\r',
  '\t',
  '\u001b[31m',
  '\u0007',
  '\u007f',
  '\u0085',
  '\u202e',
  '\u200f',
  '\u2028',
  '\ud800',
  '\u2066',
  '1',
  'f',
];

const word = (random: Random, from: readonly string[]): string =>
  Array.from({ length: random.between(0, 6) }, () => random.pick(from)).join('');

describe.each(['bash', 'sh'])('%s', (shell) => {
  test('takes 60 commands of any printable words back as they were', () => {
    const random = randomFrom(9);
    const commands = Array.from({ length: 60 }, () => [
      'kubectl',
      ...Array.from({ length: random.between(1, 6) }, () => word(random, pieces)),
    ]);
    expect(pasted(shell, commands.map(commandLine))).toEqual(commands.map((args) => args.slice(1)));
  });
});

test('bash takes control characters back too, and none stands in the line', () => {
  const random = randomFrom(10);
  const all = [...pieces, ...controls];
  const commands = Array.from({ length: 60 }, () => [
    'kubectl',
    ...Array.from({ length: random.between(1, 6) }, () => word(random, all)),
  ]);
  const lines = commands.map(commandLine);
  for (const line of lines)
    // oxlint-disable-next-line no-control-regex -- control characters are the subject here
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/);
  expect(pasted('bash', lines)).toEqual(
    commands.map((args) => args.slice(1).map((argument) => argument.toWellFormed())),
  );
});

test('NUL, which no argument can hold, does no harm', () => {
  const [args] = pasted('bash', [commandLine(['kubectl', 'a\u0000; touch pwned', 'b'])]);
  expect(args?.at(-1)).toBe('b');
});
