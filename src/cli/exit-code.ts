import type { Impact } from '../checks/define.ts';
import type { Finding, Report } from '../diagnosis/report.ts';

export interface ExitPolicy {
  /** The mildest impact that counts as a problem. */
  readonly failOn: Impact;
  /** Whether something that could not be looked at is a failure. */
  readonly strict: boolean;
}

/** 0 nothing at or above failOn · 1 a problem · 2 some Service could not be looked at at all · 3 strict, no problem, but something was not seen. */
export type ExitCode = 0 | 1 | 2 | 3;

const harm: Readonly<Record<Impact, number>> = { risks: 0, degrades: 1, breaks: 2 };

/** The exit code of a diagnosis, from its reports alone: the output format never changes it. */
export function exitCodeOf(reports: readonly Report[], { failOn, strict }: ExitPolicy): ExitCode {
  const counts = (finding: Finding): boolean =>
    harm[finding.impact] >= harm[failOn] || finding.consequences.some(counts);
  if (reports.some(({ findings }) => findings.some(counts))) return 1;
  if (reports.some(isUndiagnosed)) return 2;
  return strict && reports.some(isPartlyBlind) ? 3 : 0;
}

/** The Service itself could not be read, so there is nothing to say about it. */
export const isUndiagnosed = ({ service, verdict, findings }: Report): boolean =>
  service === undefined && verdict === 'unknown' && findings.length === 0;

/** A probe that nobody asked for is not blindness. */
const isPartlyBlind = ({ verdict, checks }: Report): boolean =>
  verdict === 'unknown' || checks.some(({ because }) => because === 'blind' || because === 'crashed');

/** The exit code of a gate, from what it decided alone: 1 where a target fails, 2 where one could not be looked at, else 0. */
export function gateExitCodeOf(reports: readonly Report[]): ExitCode {
  const results = reports.map(({ gate }) => gate?.result);
  return results.includes('fail') ? 1 : results.some((result) => result === 'unknown' || !result) ? 2 : 0;
}
