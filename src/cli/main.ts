import { Command, CommanderError } from 'commander';
import { UserError } from '../snapshot/user-error.ts';
import { addCheckCommand } from './check-command.ts';
import { version } from './version.ts';

/** Runs one command line and resolves to its exit code. Writes to the process's own stdout and stderr; never exits by itself. */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command('svcdoctor')
    .description('Why can nobody reach this Kubernetes Service? Names the cause, shows the evidence, prints the fix.')
    .version(version, '-V, --version')
    .showHelpAfterError('(see svcdoctor --help)')
    .exitOverride();
  addCheckCommand(program, (code) => (exitCode = code));
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error);
  }
}

/** The one place where errors end: known ones as a line and a hint, bugs with everything a report needs. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UserError) {
    process.stderr.write(`error: ${error.message}\n${error.hint ? `hint: ${error.hint}\n` : ''}`);
    return 2;
  }
  process.stderr.write(
    `This is a bug in svcdoctor ${version}, not in your cluster.\n${error instanceof Error ? error.stack : String(error)}\n` +
      'Report it with the lines above: https://github.com/svcdoctor/svcdoctor/issues\n',
  );
  return 2;
}
