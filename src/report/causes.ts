import { isBlamed, isBlind, type FailurePolicy } from '../diagnosis/failure.ts';
import { formatMissing } from '../diagnosis/format-missing.ts';
import type { Finding, GateResult, Report, SourceLine, Verdict } from '../diagnosis/report.ts';

/** One cause, and every target in which it was found: what several Services share is told once. */
export interface SharedCause {
  readonly finding: Finding;
  readonly targets: readonly string[];
  /** Whether it is bad enough to make the run fail. */
  readonly fails: boolean;
}

/** The causes of all reports: those that fail the run first, else as the reports have them. */
export function causesIn(reports: readonly Report[], { failOn }: FailurePolicy): readonly SharedCause[] {
  const found = reports.flatMap((report) => report.findings.map((finding) => ({ report, finding })));
  const causes = [...Map.groupBy(found, ({ finding }) => sameness(finding)).values()].flatMap((alike) => {
    const fails = alike.some(({ report, finding }) => isBlamed(finding, report, failOn));
    const [first] = alike;
    return first ? [{ finding: first.finding, targets: alike.map(({ report }) => report.target), fails }] : [];
  });
  return [...causes.filter(({ fails }) => fails), ...causes.filter(({ fails }) => !fails)];
}

/** Two findings tell the same: same check, same objects, and commands for the same namespace. */
export const sameness = ({ id, evidence, confirm }: Finding): string => JSON.stringify([id, evidence, confirm]);

export const verdicts = [
  'broken',
  'degraded',
  'at-risk',
  'unknown',
  'healthy',
  'not-diagnosed',
] as const satisfies readonly Verdict[];

/** `3 Services: 1 broken, 2 healthy`. */
export function tallyOf(reports: readonly Report[]): string {
  const counts = countsOf(verdicts, ({ verdict }) => verdict, reports).map(([verdict, count]) => `${count} ${verdict}`);
  return `${reports.length} ${reports.length === 1 ? 'Service' : 'Services'}: ${counts.join(', ')}`;
}

const resultWords: Readonly<Record<GateResult, string>> = {
  fail: 'failed',
  unknown: 'could not be looked at',
  exempt: 'exempt',
  pass: 'passed',
};
export const gateResults = ['fail', 'unknown', 'exempt', 'pass'] as const satisfies readonly GateResult[];

/** `gate: 1 failed, 2 passed`. */
export function gateTallyOf(reports: readonly Report[]): string {
  const counts = countsOf(gateResults, ({ gate }) => gate?.result, reports);
  return `gate: ${counts.map(([result, count]) => `${count} ${resultWords[result]}`).join(', ') || 'nothing to judge'}`;
}

function countsOf<T>(
  kinds: readonly T[],
  kindOf: (report: Report) => T | undefined,
  reports: readonly Report[],
): readonly (readonly [T, number])[] {
  return kinds
    .map((kind) => [kind, reports.filter((report) => kindOf(report) === kind).length] as const)
    .filter(([, count]) => count > 0);
}

/** What a finding is told with where its certainty is not full. */
export const doubts = { certain: '', likely: ' (likely)', possible: ' (possible)' } as const;

/** The permissions whose lack leaves something open. */
export const unseenIn = ({ checks }: Report): readonly string[] => [
  ...new Set(checks.filter(isBlind).flatMap(({ missing = [] }) => missing.map(formatMissing))),
];

/** The first place in a file that the person gave; standard input has none that anybody could open. */
export const sourceIn = (places: readonly { readonly source?: SourceLine }[]): SourceLine | undefined =>
  places.map(({ source }) => source).find((source) => source !== undefined && source.file !== '-');
