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

/** Whether a finding is why its target makes the run fail: for a gate also what explains the endpoints that are missing. */
export function isBlamed(finding: Finding, { gate }: Report, failOn: Impact): boolean {
  if (!gate) return isFailing(finding, failOn);
  if (gate.result !== 'fail' || finding.ignored !== undefined || finding.baseline === 'known') return false;
  return gate.failedBy.includes(finding.identity) || (finding.certainty !== 'possible' && isFailing(finding, 'breaks'));
}

/** Whether a target makes the exit code other than 0. */
export function isFailed(report: Report, { failOn, strict }: FailurePolicy): boolean {
  const { gate, findings, checks } = report;
  if (gate) return gate.result === 'fail' || gate.result === 'unknown';
  return (
    findings.some((finding) => isFailing(finding, failOn)) || isUndiagnosed(report) || (strict && checks.some(isBlind))
  );
}

/** The Service itself could not be read, so there is nothing to say about it. */
export const isUndiagnosed = ({ service, verdict, findings }: Report): boolean =>
  service === undefined && verdict === 'unknown' && findings.length === 0;

/** Whether a check could not look. A probe that nobody asked for is not blindness. */
export const isBlind = ({ because }: CheckResult): boolean => because === 'blind' || because === 'crashed';

/** The findings, each followed by all that it absorbed. */
export const withConsequences = (findings: readonly Finding[]): readonly Finding[] =>
  findings.flatMap((finding) => [finding, ...withConsequences(finding.consequences)]);
