import { isBlind, isFailing, isUndiagnosed } from '../diagnosis/failure.ts';
import type { Finding, Report } from '../diagnosis/report.ts';
import { causesIn, doubts, tallyOf, unseenIn, verdicts, type SharedCause } from './causes.ts';
import { commandLine } from './command-line.ts';
import type { Edition } from './edition.ts';
import { printable } from './printable.ts';

/** The narrowest limit of a comment among the forges is Bitbucket's 32,768 characters. */
export const maxMarkdownLength = 30_000;
const maxRows = 50;
const maxEvidence = 6;
const maxValueLength = 200;
const maxListed = 10;

/** GitHub-flavoured Markdown, short enough for a comment on a pull request; what was left out is counted at its end. */
export function renderMarkdown({ reports, policy }: Edition): string {
  const causes = causesIn(reports, policy);
  const failing =
    causes.some(({ fails }) => fails) ||
    reports.some((report) => isUndiagnosed(report) || (policy.strict && report.checks.some(isBlind)));
  const unseen = reports.some(({ verdict }) => verdict === 'unknown');
  const head = [
    `### ${failing ? '❌' : unseen ? '❔' : '✅'} svcdoctor: ${tallyOf(reports)}`,
    ...tableOf(reports, policy.failOn),
    ...unseenLines(reports),
  ].join('\n');
  const parts = causes.map((cause) => partOf(cause));
  const kept = parts.slice(0, fitting(parts, maxMarkdownLength - head.length - 200));
  const cut = parts.length - kept.length;
  const rest =
    cut > 0
      ? [`_${cut} more ${cut === 1 ? 'cause is' : 'causes are'} left out here: the other formats have them all._`]
      : [];
  return `${[head, ...kept, ...rest].join('\n\n')}\n`;
}

/** How many of the parts fit into so many characters. */
function fitting(parts: readonly string[], room: number): number {
  let used = 0;
  const first = parts.findIndex((part) => (used += part.length + 2) > room);
  return first === -1 ? parts.length : first;
}

const signs = {
  broken: '❌',
  degraded: '⚠️',
  'at-risk': '⚠️',
  unknown: '❔',
  healthy: '✅',
  'not-diagnosed': '✅',
} as const;

/** A row for each target that is not healthy, the worst first; nothing where there is just one, which the heading names. */
function tableOf(reports: readonly Report[], failOn: Parameters<typeof isFailing>[1]): readonly string[] {
  const [only] = reports;
  if (only && reports.length === 1) {
    return [
      '',
      `${signs[only.verdict]} ${code(only.target)}${only.from ? ` from ${code(only.from)}` : ''}: ${only.verdict}`,
    ];
  }
  const fails = ({ findings }: Report) => findings.some((finding) => isFailing(finding, failOn));
  const ailing = reports
    .filter(({ verdict }) => verdict !== 'healthy')
    .sort((a, b) => Number(fails(b)) - Number(fails(a)) || verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict));
  if (ailing.length === 0) return [];
  const rows = ailing.slice(0, maxRows).map(({ target, verdict, findings: [first] }) => {
    const cause = first ? prose(`${first.title}${doubts[first.certainty]}`) : 'not all could be looked at';
    return `| ${code(target)} | ${signs[verdict]} ${verdict} | ${cause} |`;
  });
  const more = ailing.length - rows.length;
  return [
    '',
    '| Service | verdict | first cause |',
    '|---|---|---|',
    ...rows,
    ...(more > 0 ? [`| … and ${more} more | | |`] : []),
  ];
}

/** The targets of which not all was seen, with what was missing. */
function unseenLines(reports: readonly Report[]): readonly string[] {
  const blind = reports.filter(({ verdict }) => verdict === 'unknown');
  if (blind.length === 0) return [];
  const missing = [...new Set(blind.flatMap(unseenIn))];
  const lacks = missing.length > 0 ? `; missing: ${listed(missing)}` : '';
  return ['', `❔ Not all of ${listed(blind.map(({ target }) => target))} could be looked at${lacks}`];
}

/** The first of them, and how many more there are. */
function listed(names: readonly string[]): string {
  const more = names.length - maxListed;
  return `${names.slice(0, maxListed).map(code).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function partOf({ finding, targets, fails }: SharedCause): string {
  return [
    `#### ${fails ? '❌' : '⚠️'} ${prose(`${finding.title}${doubts[finding.certainty]}`)}`,
    '',
    `${listed(targets)}: ${prose(shortened(finding.summary, 500))}`,
    '',
    ...evidenceLines(finding),
    '',
    `**Fix:** ${prose(shortened(finding.fix.explain, 1000))}`,
    ...block(finding.fix.commands.map(commandLine)),
    '',
    '**Confirm:**',
    ...block(finding.confirm.flatMap(({ command, expect }) => [commandLine(command), `# → ${printable(expect)}`])),
    ...finding.consequences.map(({ title }, index) => `${index === 0 ? '\n**So:** ' : '· '}${prose(title)}`),
  ].join('\n');
}

function evidenceLines({ evidence }: Finding): readonly string[] {
  const rows = evidence.slice(0, maxEvidence);
  const more = evidence.length - rows.length;
  return [
    '| seen in | field | it says |',
    '|---|---|---|',
    ...rows.map(({ object, path, saw }) => `| ${code(object)} | ${code(path)} | ${code(saw)} |`),
    ...(more > 0 ? [`| … and ${more} more | | |`] : []),
  ];
}

/** A block that its own content cannot close. */
function block(content: readonly string[]): readonly string[] {
  if (content.length === 0) return [];
  const fence = '`'.repeat(Math.max(3, longestRun(content.join('\n')) + 1));
  return [`${fence}sh`, ...content.map((line) => shortened(line, 4000)), fence];
}

const longestRun = (text: string): number => Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));

const shortened = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text;

/** A code span, also in a table: whatever is in it is shown as it is, and nobody is mentioned. */
function code(text: string): string {
  const content = shortened(printable(text), maxValueLength).replaceAll('|', String.raw`\|`);
  if (content.trim() === '') return '` `';
  const ticks = '`'.repeat(longestRun(content) + 1);
  const padding = content.startsWith('`') || content.endsWith('`') ? ' ' : '';
  return `${ticks}${padding}${content}${padding}${ticks}`;
}

/** Words of ours with names from the cluster in them: no markup, no links, and nobody is mentioned. */
const prose = (text: string): string =>
  printable(text)
    .replaceAll(/[\\`*_{}[\]<>#!|~&]/g, String.raw`\$&`)
    .replaceAll('://', String.raw`\://`)
    .replaceAll(/www\./gi, (found) => `${found.slice(0, 3)}\\.`)
    .replaceAll(/@(?=\w)/g, '@\u200b');
