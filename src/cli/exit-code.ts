import { isBlind, isFailing, isUndiagnosed, type FailurePolicy } from '../diagnosis/failure.ts';
import type { Report } from '../diagnosis/report.ts';

/** 0 nothing at or above failOn · 1 a problem · 2 some Service could not be looked at at all · 3 strict, no problem, but something was not seen. */
export type ExitCode = 0 | 1 | 2 | 3;

/** The exit code of a diagnosis, from its reports alone: the output format never changes it. */
export function exitCodeOf(reports: readonly Report[], { failOn, strict }: FailurePolicy): ExitCode {
  if (reports.some(({ findings }) => findings.some((finding) => isFailing(finding, failOn)))) return 1;
  if (reports.some(isUndiagnosed)) return 2;
  return strict && reports.some(({ checks }) => checks.some(isBlind)) ? 3 : 0;
}

/** The exit code of a gate, from what it decided alone: 1 where a target fails, 2 where one could not be looked at, else 0. */
export function gateExitCodeOf(reports: readonly Report[]): ExitCode {
  const results = reports.map(({ gate }) => gate?.result);
  return results.includes('fail') ? 1 : results.some((result) => result === 'unknown' || !result) ? 2 : 0;
}
