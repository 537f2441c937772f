import { isFailing, type FailurePolicy } from '../diagnosis/failure.ts';
import type { Finding, Report, Verdict } from '../diagnosis/report.ts';

/** One cause, and every target in which it was found: what several Services share is told once. */
export interface SharedCause {
  readonly finding: Finding;
  readonly targets: readonly string[];
  /** Whether it is bad enough to make the run fail. */
  readonly fails: boolean;
}

/** The causes of all reports: those that fail the run first, else as the reports have them. */
export function causesIn(reports: readonly Report[], { failOn }: FailurePolicy): readonly SharedCause[] {
  const found = reports.flatMap(({ target, findings }) => findings.map((finding) => ({ target, finding })));
  const causes = [...Map.groupBy(found, ({ finding }) => sameness(finding)).values()].flatMap((alike) => {
    const [first] = alike;
    return first
      ? [
          {
            finding: first.finding,
            targets: alike.map(({ target }) => target),
            fails: isFailing(first.finding, failOn),
          },
        ]
      : [];
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
  const counts = verdicts
    .map((verdict) => [verdict, reports.filter((report) => report.verdict === verdict).length] as const)
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${count} ${verdict}`);
  return `${reports.length} ${reports.length === 1 ? 'Service' : 'Services'}: ${counts.join(', ')}`;
}

/** What a finding is told with where its certainty is not full. */
export const doubts = { certain: '', likely: ' (likely)', possible: ' (possible)' } as const;

/** The permissions that were missing, as RBAC knows them: `list networkpolicies.networking.k8s.io in demo`. */
export const unseenIn = ({ checks }: Report): readonly string[] => [
  ...new Set(
    checks.flatMap(({ missing = [] }) =>
      missing.map(
        ({ verb, group, resource, namespace }) =>
          `${verb} ${resource}${group === '' ? '' : `.${group}`} ${namespace === undefined ? 'in all namespaces' : `in ${namespace}`}`,
      ),
    ),
  ),
];
