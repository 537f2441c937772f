import type { WriteStream } from 'node:tty';
import type { Ora } from 'ora';
import stringWidth from 'fast-string-width';
import { wrapAnsi } from 'fast-wrap-ansi';
import { asciiMarks, plainStyle, spelledInAscii, unicodeMarks, type Style } from '../report/style.ts';

export type ColorChoice = 'auto' | 'always' | 'never';

export interface TerminalOptions {
  readonly color: ColorChoice;
  readonly env: NodeJS.ProcessEnv;
}

/** The style for what is written to `stream`: coloured and wrapped only on a terminal, marks in ASCII where the locale is not UTF-8. */
export async function styleFor(stream: WriteStream, { color, env }: TerminalOptions): Promise<Style> {
  const measured: Style = {
    ...plainStyle,
    ...(speaksUnicode(env) ? { marks: unicodeMarks } : { marks: asciiMarks, spelled: spelledInAscii }),
    columns: stream.isTTY ? Math.max(40, stream.columns || 80) : Number.POSITIVE_INFINITY,
    widthOf: stringWidth,
    wrap: (text, columns) =>
      Number.isFinite(columns) ? wrapAnsi(text, columns, { hard: true, trim: true }).split('\n') : [text],
  };
  if (!wantsColor(stream, color, env)) return measured;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return {
    ...measured,
    bold: chalk.bold,
    dim: chalk.dim,
    good: chalk.green,
    bad: chalk.red,
    warning: chalk.yellow,
    accent: chalk.cyan,
  };
}

/** `--color` first, then NO_COLOR (https://no-color.org) and FORCE_COLOR, then whether anybody watches. */
export function wantsColor(stream: Pick<WriteStream, 'isTTY'>, color: ColorChoice, env: NodeJS.ProcessEnv): boolean {
  if (color !== 'auto') return color === 'always';
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false';
  return stream.isTTY && env['TERM'] !== 'dumb';
}

/** Whether the locale is a UTF-8 one; Windows Terminal and its kin are. POSIX: LC_ALL wins over LC_CTYPE over LANG. */
export function speaksUnicode(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): boolean {
  if (platform === 'win32') return env['WT_SESSION'] !== undefined || env['TERM_PROGRAM'] !== undefined;
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return locale === '' ? platform === 'darwin' : /utf-?8/i.test(locale);
}

/** What somebody who watches sees while they wait. */
export interface Spinner {
  /** False: nobody watches, and nothing is ever shown. */
  readonly watched: boolean;
  /** Says anew what is being done. */
  say(text: string): void;
  /** A line that stays, above it. */
  readonly leave: (line: string) => void;
  /** Takes it away. */
  end(): void;
}

/** Shows what is being done on stderr once it takes longer than 300 ms and somebody watches. */
export function spinner(stream: WriteStream, text: string, quiet: boolean): Spinner {
  // ora takes lines away by their width: of a terminal that has none it would take them away for ever.
  if (quiet || !stream.isTTY || !(stream.columns > 0)) return { watched: false, say() {}, leave() {}, end() {} };
  let shown: Ora | undefined;
  let says = text;
  let over = false;
  const timer = setTimeout(() => {
    void import('ora').then(({ default: ora }) => {
      if (over) return;
      shown = ora({ text: says, stream, discardStdin: false }).start();
    });
  }, 300);
  return {
    watched: true,
    say(text) {
      says = text;
      if (shown) shown.text = text;
    },
    leave(line) {
      shown?.clear();
      stream.write(`${line}\n`);
    },
    end() {
      over = true;
      clearTimeout(timer);
      shown?.stop();
    },
  };
}
