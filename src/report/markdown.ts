import { isFailed, type FailurePolicy } from '../diagnosis/failure.ts';
import type { Finding, Report } from '../diagnosis/report.ts';
import { causesIn, doubts, gateResults, gateTallyOf, tallyOf, unseenIn, verdicts, type SharedCause } from './causes.ts';
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
export function renderMarkdown({ command, reports, policy }: Edition): string {
  const causes = causesIn(reports, policy).filter(({ fails }) => fails || command === 'check');
  const failed = reports.some((report) => isFailed(report, policy));
  const unseen = reports.some(({ verdict }) => verdict === 'unknown');
  const head = [
    `### ${failed ? '❌' : unseen ? '❔' : '✅'} svcdoctor: ${command === 'gate' ? gateTallyOf(reports) : tallyOf(reports)}`,
    ...(command === 'gate' ? decisionsOf(reports) : [...verdictsOf(reports, policy), ...unseenLines(reports)]),
  ].join('\n');
  const parts = causes.map((cause) => partOf(cause));
  const kept = parts.slice(0, fitting(parts, maxMarkdownLength - head.length - 200));
  const cut = parts.length - kept.length;
  const words = `${cut} more ${cut === 1 ? 'cause is' : 'causes are'} left out here: the other formats have them all.`;
  return `${[head, ...kept, ...(cut > 0 ? [`_${words}_`] : [])].join('\n\n')}\n`;
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

/** A row for each target that is not healthy, the worst first; a line where there is just one target. */
function verdictsOf(reports: readonly Report[], policy: FailurePolicy): readonly string[] {
  const [only] = reports;
  if (only && reports.length === 1) {
    const from = only.from ? ` from ${code(only.from)}` : '';
    return ['', `${signs[only.verdict]} ${code(only.target)}${from}: ${only.verdict}`];
  }
  const ailing = reports
    .filter(({ verdict }) => verdict !== 'healthy')
    .sort(
      (a, b) =>
        Number(isFailed(b, policy)) - Number(isFailed(a, policy)) ||
        verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict),
    );
  const rows = ailing.map(({ target, verdict, findings: [first] }) => {
    const cause = first ? prose(`${first.title}${doubts[first.certainty]}`) : 'not all could be looked at';
    return [code(target), `${signs[verdict]} ${verdict}`, cause] as const;
  });
  return table(['Service', 'verdict', 'first cause'], rows);
}

const decisionSigns = { fail: '❌ fails', unknown: '❔ unknown', exempt: '➖ exempt', pass: '✅ passes' } as const;

/** A row for each target that did not simply pass: also what is exempt is said, with its reason. */
function decisionsOf(reports: readonly Report[]): readonly string[] {
  const rows = gateResults.flatMap((result) =>
    reports.flatMap(({ target, gate }) => {
      if (gate?.result !== result) return [];
      const notes = [...gate.notes, ...(gate.fixed ?? []).map(({ title }) => `fixed: ${title}`)];
      if (result === 'pass' && notes.length === 0 && gate.baseline === undefined) return [];
      return [[code(target), decisionSigns[result], prose(shortened([gate.why, ...notes].join('; '), 500))] as const];
    }),
  );
  return table(['Service', 'gate', 'why'], rows);
}

function table(
  head: readonly string[],
  rows: readonly (readonly [string, string, string])[],
  limit = maxRows,
): readonly string[] {
  if (rows.length === 0) return [];
  const more = rows.length - limit;
  return [
    '',
    `| ${head.join(' | ')} |`,
    '|---|---|---|',
    ...rows.slice(0, limit).map((cells) => `| ${cells.join(' | ')} |`),
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

const evidenceLines = ({ evidence }: Finding): readonly string[] =>
  table(
    ['seen in', 'field', 'it says'],
    evidence.map(({ object, path, saw, source }) => [
      source ? `${code(object)} ${code(`${source.file}:${source.line}`)}` : code(object),
      code(path),
      code(saw),
    ]),
    maxEvidence,
  );

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
