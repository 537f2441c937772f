import { Command, CommanderError } from 'commander';
import { addCheckCommand } from './check-command.ts';
import { addDeployDemoCommand } from './deploy-demo-command.ts';
import { addGateCommand } from './gate-command.ts';
import { addLabCommand } from './lab-command.ts';
import { addMergeCommand } from './merge-command.ts';
import { addRbacCommand } from './rbac-command.ts';
import { addSnapshotCommand } from './snapshot-command.ts';
import { version } from './version.ts';

const commands = {
  check: addCheckCommand,
  gate: addGateCommand,
  snapshot: addSnapshotCommand,
  'deploy-demo': addDeployDemoCommand,
  lab: addLabCommand,
  merge: addMergeCommand,
  rbac: addRbacCommand,
} as const;

/** Runs one command line and resolves to its exit code. Writes to the process's own stdout and stderr; never exits by itself. */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command('svcdoctor')
    .description('Why can nobody reach this Kubernetes Service? Names the cause, shows the evidence, prints the fix.')
    .version(version, '-V, --version')
    .helpCommand(false)
    .showHelpAfterError('hint: svcdoctor --help lists commands, svcdoctor COMMAND --help their options')
    .exitOverride();
  // Of a command that is named, the others are not described: that takes longer than parsing the line.
  const named = Object.entries(commands).filter(([name]) => name === args[0]);
  for (const [, add] of named.length > 0 ? named : Object.entries(commands)) add(program, (code) => (exitCode = code));
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { explain } = await import('./explain.ts');
    return explain(error);
  }
}
