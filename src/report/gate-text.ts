import type { GateDecision, GateResult, Report } from '../diagnosis/report.ts';
import { gateTallyOf } from './causes.ts';
import { printable } from './printable.ts';
import type { Style } from './style.ts';
import { findingLines } from './text.ts';

export interface GateTextOptions {
  /** Only what fails or could not be looked at. */
  readonly quiet?: boolean;
}

/** What the gate decided, a line a target, with the whole cause under each that fails; ends with a tally and a line break. */
export function renderGate(reports: readonly Report[], style: Style, { quiet = false }: GateTextOptions = {}): string {
  const shown = reports.filter(({ gate }) => !quiet || gate?.result === 'fail' || gate?.result === 'unknown');
  const blocks = shown.map((report) => [...headline(report, style), ...details(report, style)]);
  const text = blocks.map((block, index) => [
    ...(index > 0 && (block.length > 1 || (blocks[index - 1]?.length ?? 0) > 1) ? [''] : []),
    ...block,
  ]);
  const last = quiet && shown.length === 0 ? [] : [...(shown.length > 0 ? [''] : []), style.bold(gateTallyOf(reports))];
  return [...text.flat(), ...last].map((line) => `${line.trimEnd()}\n`).join('');
}

/** A text of the report or the cluster, as it may be printed here. */
const spelled = (text: string, style: Style): string => style.spelled(printable(text));

function headline(report: Report, style: Style): readonly string[] {
  const { result, why } = report.gate ?? undecided;
  const from = report.from === undefined ? '' : ` from ${report.from}`;
  const word = result === 'exempt' ? 'exempt: ' : result === 'unknown' ? 'unknown: ' : '';
  const mark = marks[result](style);
  return style
    .wrap(`${style.bold(spelled(report.target + from, style))}  ${word}${spelled(why, style)}`, style.columns - 2)
    .map((line, index) => (index === 0 ? `${mark} ${line}` : `  ${line}`));
}

const undecided: Pick<GateDecision, 'result' | 'why'> = { result: 'unknown', why: 'the gate did not judge it' };

const marks: Readonly<Record<GateResult, (style: Style) => string>> = {
  pass: (style) => style.good(style.marks.passed),
  fail: (style) => style.bad(style.marks.broken),
  exempt: (style) => style.dim(style.marks.notReached),
  unknown: (style) => style.warning(style.marks.unknown),
};

/** Under a target that fails its causes; under any other what a person must not miss: what is ignored, known, or gone. */
function details(report: Report, style: Style): readonly string[] {
  const { gate, findings } = report;
  const failed = gate?.result === 'fail';
  const told = failed
    ? findings.filter((finding) => finding.ignored === undefined && finding.baseline !== 'known')
    : [];
  const short = (label: string, text: string) => `  ${label.padEnd(8)} ${style.dim(spelled(text, style))}`;
  return [
    ...told.flatMap((finding) => findingLines(finding, style).map((line) => `  ${line}`)),
    ...findings
      .filter((finding) => !told.includes(finding) && (failed || finding.ignored !== undefined || finding.baseline))
      .map((finding) =>
        short(
          finding.ignored === undefined ? 'known' : 'ignored',
          `${finding.title}: ${finding.summary}${finding.ignored === undefined ? '' : ` (${finding.ignored})`}`,
        ),
      ),
    ...(gate?.fixed ?? []).map(({ title, id }) => short('fixed', `${title} (${id})`)),
    ...(gate?.notes ?? []).map((note) => short('note', note)),
  ];
}
