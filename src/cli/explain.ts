import { printable } from '../report/printable.ts';
import { UserError } from '../snapshot/user-error.ts';
import { Interrupted } from './interruption.ts';
import { version } from './version.ts';

/** The one place where errors end: known ones as a line and a hint, bugs with everything a report needs. The exit code. */
export function explain(error: unknown): 2 | 130 {
  if (error instanceof Interrupted) return 130;
  if (error instanceof UserError) {
    process.stderr.write(`error: ${printable(error.message)}\n${error.hint ? `hint: ${printable(error.hint)}\n` : ''}`);
    return 2;
  }
  process.stderr.write(
    `This is a bug in svcdoctor ${version}, not in your cluster.\n${error instanceof Error ? error.stack : String(error)}\n` +
      'Report it to the project with the lines above.\n',
  );
  return 2;
}
