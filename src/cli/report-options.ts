import { InvalidArgumentError, Option, type Command } from 'commander';
import type { FailurePolicy } from '../diagnosis/failure.ts';
import { formats, type Format } from '../report/format.ts';
import type { ColorChoice } from './terminal.ts';

/** How a report is to be told, and what makes it a failure: the same for every command that judges. */
export interface ReportOptions extends Partial<FailurePolicy> {
  readonly output: Format;
  readonly outputFile?: readonly OutputFile[];
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color: ColorChoice;
  readonly failOn: FailurePolicy['failOn'];
}

/** One more place for the report, in a format of its own. */
export interface OutputFile {
  readonly format: Format;
  readonly path: string;
}

/** Adds those that say how it is told. */
export function addOutputOptions(command: Command): Command {
  return command
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(formats).default('text'))
    .option(
      '--output-file <format=path>',
      'also write it to a file, readable by you alone; may be repeated',
      outputFiles,
    )
    .option('-q, --quiet', 'findings only; nothing where all is well')
    .option('-v, --verbose', 'every check with its reason, also the passed ones')
    .addOption(new Option('--color <when>', 'colour the text').choices(['auto', 'always', 'never']).default('auto'));
}

/** Adds them, and those that say what counts as a failure. */
export function addReportOptions(command: Command): Command {
  return addOutputOptions(command)
    .option('--strict', 'fail (3) if something could not be looked at')
    .addOption(
      new Option('--fail-on <impact>', 'the mildest finding that makes the exit code 1')
        .choices(['breaks', 'degrades', 'risks'])
        .default('degrades'),
    );
}

function outputFiles(value: string, before: readonly OutputFile[] = []): readonly OutputFile[] {
  const [, name = '', path = ''] = /^([^=]*)=(.*)$/s.exec(value) ?? [];
  const format = formats.find((known) => known === name);
  if (format === undefined || path === '')
    throw new InvalidArgumentError(`Say it as FORMAT=PATH, FORMAT being one of ${formats.join(', ')}.`);
  if (before.some((file) => file.path === path)) throw new InvalidArgumentError('That file is named twice.');
  return [...before, { format, path }];
}
