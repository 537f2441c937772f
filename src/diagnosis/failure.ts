import type { Impact } from '../checks/define.ts';
import type { CheckResult, Finding, Report } from './report.ts';

export interface FailurePolicy {
  /** The mildest impact that counts as a problem. */
  readonly failOn: Impact;
  /** Whether something that could not be looked at is a failure. */
  readonly strict: boolean;
}

const harm: Readonly<Record<Impact, number>> = { risks: 0, degrades: 1, breaks: 2 };

/** Whether a finding, or something that it explains, is bad enough to make the exit code 1. */
export const isFailing = ({ impact, consequences }: Finding, failOn: Impact): boolean =>
  harm[impact] >= harm[failOn] || consequences.some((consequence) => isFailing(consequence, failOn));

/** The Service itself could not be read, so there is nothing to say about it. */
export const isUndiagnosed = ({ service, verdict, findings }: Report): boolean =>
  service === undefined && verdict === 'unknown' && findings.length === 0;

/** Whether a check could not look. A probe that nobody asked for is not blindness. */
export const isBlind = ({ because }: CheckResult): boolean => because === 'blind' || because === 'crashed';

/** The findings, each followed by all that it absorbed. */
export const withConsequences = (findings: readonly Finding[]): readonly Finding[] =>
  findings.flatMap((finding) => [finding, ...withConsequences(finding.consequences)]);
