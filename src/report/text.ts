import { layers } from '../checks/define.ts';
import { isBlind, withConsequences } from '../diagnosis/failure.ts';
import { formatMissing } from '../diagnosis/format-missing.ts';
import { layerOf } from '../diagnosis/rank.ts';
import type { Finding, Report } from '../diagnosis/report.ts';
import { doubts, sameness, tallyOf, unseenIn } from './causes.ts';
import { commandLine } from './command-line.ts';
import type { Edition } from './edition.ts';
import { printable } from './printable.ts';
import { stationsOf, type Station } from './stations.ts';
import type { Style } from './style.ts';

export interface TextOptions {
  /** Findings only, a line each; nothing where all is well. */
  readonly quiet?: boolean;
  /** Every check with its reason, also the passed ones. */
  readonly verbose?: boolean;
}

/** One target whole, several with the healthy ones on a line each. */
export function renderText({ reports }: Edition, style: Style, options: TextOptions): string {
  const [only] = reports;
  return only && reports.length === 1 ? renderReport(only, style, options) : renderReports(reports, style, options);
}

/** One target whole: heading, the stations of a packet, then what is wrong, how to be sure and what to do. Ends with a line break. */
export function renderReport(report: Report, style: Style, options: TextOptions = {}): string {
  if (options.quiet) return report.findings.map((finding) => `${quietLine(report, finding, style)}\n`).join('');
  return lines([
    ...heading(report, style),
    ...(options.verbose ? everyCheck(report, style) : stations(report, style)),
    ...report.findings.flatMap((finding) => ['', ...findingLines(finding, style)]),
    ...conclusion(report, style),
    ...unaskedLines(report, style),
    ...unreadLines(report, style, options.verbose ?? false),
  ]);
}

/** Several targets: those with a finding whole, the others a line each; a cause that several share is told once. */
export function renderReports(reports: readonly Report[], style: Style, options: TextOptions = {}): string {
  if (options.quiet) return reports.map((report) => renderReport(report, style, options)).join('');
  const told = new Map<string, string>();
  const blocks = reports.map((report) => {
    const news = report.findings.filter((finding) => !told.has(sameness(finding)));
    if (report.findings.length === 0 && !options.verbose) return lines([oneLine(report, style)]);
    for (const finding of news) told.set(sameness(finding), shown(report.target, style));
    const known = report.findings.filter((finding) => !news.includes(finding));
    return lines([
      '',
      ...heading(report, style),
      ...(options.verbose ? everyCheck(report, style) : stations(report, style)),
      ...news.flatMap((finding) => ['', ...findingLines(finding, style)]),
      ...known.map(
        (finding) =>
          `${mark(finding, style)} ${shown(finding.title, style)}: the same as for ${told.get(sameness(finding))}, above`,
      ),
      '',
    ]);
  });
  return `${blocks.join('')}${lines(['', tally(reports, style)])}`.replace(/^\n+/, '').replaceAll(/\n{3,}/g, '\n\n');
}

/** A text of the report or the cluster, as it may be printed here. */
const shown = (text: string, style: Style): string => style.spelled(printable(text));

const lines = (all: readonly string[]): string => `${all.map((line) => line.trimEnd()).join('\n')}\n`;

/** On one line where it fits, else a line for each part. */
function heading(report: Report, style: Style): readonly string[] {
  const { service } = report;
  const what = service
    ? [`${service.type} ${service.address}`.trim(), ...service.ports].map((part) => shown(part, style))
    : [report.findings.some(({ id }) => id === 'name/no-such-service') ? 'no such Service' : 'could not be read'];
  const parts = [style.bold(shown(report.target, style)), ...what];
  const from = report.from ? style.dim(`from ${shown(report.from, style)}`) : '';
  const line = [parts.join('  '), from].filter((part) => part !== '').join('   ');
  return style.widthOf(line) <= style.columns
    ? [line]
    : [...parts, from].filter((part) => part !== '').map((part, index) => (index === 0 ? part : `  ${part}`));
}

const labelWidth = Math.max(...layers.map((layer) => layer.length)) + 1;

/** The stations of a packet, one line each, in its order. */
const stations = (report: Report, style: Style): readonly string[] =>
  stationsOf(report).flatMap((station) =>
    hanging(`  ${signOf(station, style)} ${station.layer.padEnd(labelWidth)} `, shown(station.detail, style), style),
  );

function signOf({ state, finding }: Station, style: Style): string {
  if (finding) return mark(finding, style);
  return {
    passed: style.good(style.marks.passed),
    found: style.bad(style.marks.broken),
    notReached: style.dim(style.marks.notReached),
    unknown: style.warning(style.marks.unknown),
  }[state];
}

function everyCheck(report: Report, style: Style): readonly string[] {
  const width = Math.max(...report.checks.map(({ id }) => id.length)) + 1;
  return report.checks.flatMap((result) => {
    const finding = withConsequences(report.findings).find(({ id }) => id === result.id);
    const sign = finding
      ? mark(finding, style)
      : result.outcome === 'passed'
        ? style.good(style.marks.passed)
        : result.outcome === 'skipped'
          ? style.warning(style.marks.unknown)
          : style.dim(style.marks.notReached);
    return hanging(`  ${sign} ${result.id.padEnd(width)} `, shown(result.detail, style), style);
  });
}

const mark = ({ impact }: Finding, style: Style): string =>
  impact === 'breaks' ? style.bad(style.marks.broken) : style.warning(style.marks.warning);

/** One finding whole: what is wrong, where it was seen, how to be sure, what to do and what follows from it. */
export function findingLines(finding: Finding, style: Style): readonly string[] {
  const title = `${finding.title}${doubts[finding.certainty]}`;
  return [
    ...hanging(
      `${mark(finding, style)} `,
      `${style.bold(shown(title, style))}: ${shown(finding.summary, style)}`,
      style,
    ),
    ...evidenceLines(finding, style),
    ...finding.confirm.flatMap(({ command, expect }, index) => [
      ...instruction(index === 0 ? 'confirm' : '', style.accent(commandLine(command))),
      ...hanging(' '.repeat(13), style.dim(`${style.marks.arrow} ${shown(expect, style)}`), style),
    ]),
    ...hanging(`  ${style.bold('fix')}      `, shown(finding.fix.explain, style), style, 11),
    ...finding.fix.commands.flatMap((command) => instruction('', style.accent(commandLine(command)))),
    ...finding.consequences.flatMap((consequence, index) =>
      hanging(
        `  ${index === 0 ? 'so' : '  '}       `,
        style.dim(shown(`${consequence.title}: ${consequence.summary}`, style)),
        style,
      ),
    ),
  ];
}

/** Commands are never wrapped: they are there to be copied. */
const instruction = (label: string, text: string): readonly string[] => [`  ${label.padEnd(8)} ${text}`];

/** Three columns where they fit, else the value on a line of its own. */
function evidenceLines({ evidence }: Finding, style: Style): readonly string[] {
  const rows = evidence.map(({ object, path, saw, source }) => {
    const place = source === undefined ? '' : ` (${source.file}:${source.line})`;
    return [shown(`${object}${place}`, style), shown(path, style), shown(saw, style)] as const;
  });
  const [objectWidth = 0, pathWidth = 0] = [0, 1].map((column) =>
    Math.max(...rows.map((row) => style.widthOf(row[column as 0 | 1]))),
  );
  const left = 4 + objectWidth + 2 + pathWidth + 2;
  const longest = Math.max(...rows.map(([, , saw]) => style.widthOf(saw)));
  if (left + Math.min(longest, 50) <= style.columns) {
    return rows.flatMap(([object, path, saw]) =>
      hanging(`    ${pad(object, objectWidth, style)}  ${style.dim(pad(path, pathWidth, style))}  `, saw, style, left),
    );
  }
  return rows.flatMap(([object, path, saw]) => [
    ...hanging('    ', `${object} ${style.dim(path)}`, style),
    ...hanging('      ', saw, style),
  ]);
}

const pad = (text: string, width: number, style: Style): string =>
  text + ' '.repeat(Math.max(0, width - style.widthOf(text)));

/** A text behind a label, its further lines indented to stand under the first. */
function hanging(label: string, text: string, style: Style, indent = style.widthOf(label)): readonly string[] {
  const room = Math.max(20, style.columns - indent);
  return style
    .wrap(text, room)
    .map((line, index) => (index === 0 ? `${label}${line}` : `${' '.repeat(indent)}${line}`));
}

function conclusion(report: Report, style: Style): readonly string[] {
  switch (report.verdict) {
    case 'healthy':
      return ['', `${style.good(style.marks.passed)} ${shown(report.target, style)} is healthy`];
    case 'unknown':
      return unknownLines(report, style);
    case 'not-diagnosed':
    case 'broken':
    case 'degraded':
    case 'at-risk':
      return [];
  }
}

/** Where nothing is certain, what would be asked next, by the power that it takes. */
/** Where nothing is unknown for it, that something was not given is worth a line, and all of it only for who wants every check. */
function unreadLines({ verdict, unread = [] }: Report, style: Style, verbose: boolean): readonly string[] {
  const label = '  not read   ';
  if (unread.length === 0) return [];
  if (verbose)
    return unread.flatMap((each, index) =>
      hanging(
        index === 0 ? label : ' '.repeat(label.length),
        style.dim(
          `${shown(formatMissing(each), style)}: ${each.because === 'forbidden' ? 'forbidden' : shown(each.detail, style)}`,
        ),
        style,
      ),
    );
  if (verdict === 'unknown') return [];
  const kinds = new Set(unread.map(({ group, resource }) => `${group}/${resource}`)).size;
  const words = `${kinds} ${kinds === 1 ? 'kind' : 'kinds'} of objects that could have told more (--verbose)`;
  return hanging(label, style.dim(words), style);
}

function unaskedLines({ findings, unasked = [] }: Report, style: Style): readonly string[] {
  if (findings.some(({ certainty, impact }) => certainty === 'certain' && impact !== 'risks')) return [];
  const probes = [...new Set(unasked.map(({ probe }) => probe))];
  return probes.flatMap((probe, index) => {
    const questions = unasked.filter((each) => each.probe === probe).map(({ question }) => question);
    const label = `  ${index === 0 ? 'not asked' : ''}`.padEnd(13);
    return hanging(label, style.dim(`--probe ${probe}: ${shown(questions.join('; '), style)}`), style);
  });
}

function unknownLines(report: Report, style: Style): readonly string[] {
  const unseen = unseenIn(report);
  const unseenChecks = report.checks.filter(isBlind).length;
  return [
    '',
    ...hanging(
      `${style.warning(style.marks.unknown)} `,
      `${report.findings.length > 0 ? 'Nothing that breaks it' : 'Nothing wrong'} was seen in ${shown(report.target, style)}, but ${unseenChecks} ${unseenChecks === 1 ? 'check' : 'checks'} could not look${unseen.length > 0 ? '; missing:' : ''}`,
      style,
    ),
    ...unseen.map((line) => `    ${shown(line, style)}`),
  ];
}

function oneLine(report: Report, style: Style): string {
  const sign = report.verdict === 'healthy' ? style.good(style.marks.passed) : style.warning(style.marks.unknown);
  const endpoints = report.checks.find(
    ({ id, outcome }) => layerOf(id) === 'endpoints' && outcome === 'passed',
  )?.detail;
  const detail =
    report.verdict === 'healthy' ? (endpoints ?? report.service?.type ?? '') : 'not all could be looked at';
  return `${sign} ${shown(report.target, style)}  ${style.dim(shown(detail, style))}`;
}

const quietLine = (report: Report, finding: Finding, style: Style): string =>
  `${mark(finding, style)} ${shown(report.target, style)}: ${shown(finding.title, style)}: ${shown(finding.summary, style)}`;

const tally = (reports: readonly Report[], style: Style): string => style.bold(tallyOf(reports));
