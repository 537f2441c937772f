import type { Finding, GateDecision, Report } from './report.ts';

/** What was found before, or is found in the live cluster: what a gate compares with. */
export interface BaselineReports {
  readonly findings: ReadonlyMap<string, readonly Finding[]>;
  /** Identities of endpoint counts that were too low. */
  readonly shortages: ReadonlySet<string>;
  /** Whether a gate wrote it: `check` counts no endpoints. */
  readonly counted: boolean;
  /** What was found for a target before and is not among these findings; consequences are no findings of their own. */
  fixedBy(target: string, from: string | undefined, findings: readonly Finding[]): NonNullable<GateDecision['fixed']>;
}

/** Whatever is compared with: reports of `check` or of `gate`, alone or in a list. */
export function baselineOf(reports: readonly Report[]): BaselineReports {
  const found = reports.flatMap((report) => allOf(report.findings));
  return {
    findings: Map.groupBy(found, ({ identity }) => identity),
    shortages: new Set(
      reports.flatMap(({ gate }) =>
        (gate?.endpoints ?? []).filter(({ ready, wanted }) => ready < wanted).map(({ identity }) => identity),
      ),
    ),
    counted: reports.some(({ gate }) => gate !== undefined),
    fixedBy: (target, from, findings) => {
      const still = new Set(allOf(findings).map(({ identity }) => identity));
      return reports
        .filter((report) => report.target === target && report.from === from)
        .flatMap((report) => report.findings)
        .filter(({ identity }) => !still.has(identity))
        .map(({ identity, id, title }) => ({ identity, id, title }));
    },
  };
}

/**
 * Whether the baseline has this finding: the same check at the same target, and no second fault of its kind. Objects that each carry a fault
 * of their own (a route, a policy) must have been named there too; Pods and workloads come and go.
 */
export function isKnown(finding: Finding, { findings }: BaselineReports): boolean {
  const before = findings.get(finding.identity);
  if (!before) return false;
  const named = new Set(before.flatMap(carriersIn));
  return carriersIn(finding).every((object) => named.has(object));
}

const carriersIn = ({ evidence }: Finding): readonly string[] =>
  evidence.map(({ object }) => object).filter((object) => carrier.test(object));

/** Kinds whose objects people name themselves, any number of which may concern one Service. */
const carrier =
  /(^|\/)(ingress|ingressroute|route|(http|grpc|tls|tcp|udp)route|networkpolicy|virtualservice|destinationrule|gateway)(\.[^/]+)?\//;

const allOf = (findings: readonly Finding[]): readonly Finding[] =>
  findings.flatMap((finding) => [finding, ...allOf(finding.consequences)]);
