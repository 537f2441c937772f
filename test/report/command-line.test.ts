import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { commandLine } from '../../src/report/command-line.ts';

test('plain arguments stay as they are', () => {
  expect(commandLine(['kubectl', 'get', 'pods', '-n', 'demo', '-l', 'app=db,tier!=web'])).toBe(
    "kubectl get pods -n demo -l 'app=db,tier!=web'",
  );
});

test.each([
  ['a patch', '{"spec":{"selector":{"app":"db"}}}'],
  ['a single quote', "it's"],
  ['command substitution', '$(touch /tmp/pwned) `id`'],
  ['nothing', ''],
  ['a line break', 'a\nb'],
  ['an escape sequence', '\u001b[31mred\u001b[0m'],
  ['a backslash and a control character', '\\n\u0007'],
  ['wide characters', '数据库 🐘'],
])('a shell reads %s back as one argument', (_name, argument) => {
  const line = commandLine(['printf', '%s', argument]);
  expect(execFileSync('bash', ['-c', line], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } })).toBe(
    argument,
  );
  // oxlint-disable-next-line no-control-regex -- nothing of the kind may reach a terminal
  expect(line).not.toMatch(/[\u0000-\u001f\u007f]/);
});
