import type { AnyCheck } from '../../src/checks/define.ts';
import type { Finding } from '../../src/diagnosis/report.ts';
import { commandLine } from '../../src/report/command-line.ts';
import { plainStyle } from '../../src/report/style.ts';
import { findingLines } from '../../src/report/text.ts';

const impacts = {
  breaks: 'nobody gets through',
  degrades: 'some connections fail, or some of the time',
  risks: 'nothing fails yet',
} as const;

/** The page about one check, made from its own words and from what it says about the first of its examples. */
export function pageOf(check: AnyCheck, example: string, finding: Finding): string {
  return `${[
    `# ${check.title}`,
    `\`${check.id}\` · ${check.impact}: ${impacts[check.impact]}`,
    check.why,
    '## How it shows',
    `Seen where: ${example}.`,
    ['```text', ...findingLines(finding, plainStyle), '```'].join('\n'),
    '## How to be sure',
    ...finding.confirm.map(({ command, expect }) =>
      ['```sh', commandLine(command), '```', `prints: ${expect}`].join('\n'),
    ),
    '## What to change',
    finding.fix.explain,
    ...finding.fix.commands.map((command) => ['```sh', commandLine(command), '```'].join('\n')),
    '## What it rests on',
    `It looks at ${check.needs.join(', ')}${(check.uses ?? []).length > 0 ? `, and where they are known at ${(check.uses ?? []).join(', ')}` : ''}.` +
      ((check.explains ?? []).length > 0
        ? ` Where it is certain, these are shown as its consequences: ${(check.explains ?? []).map((id) => `\`${id}\``).join(', ')}.`
        : ''),
  ].join('\n\n')}\n`;
}
