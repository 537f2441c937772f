import type { Impact } from '../checks/define.ts';
import type { EndpointCount, Finding, GateDecision, Report } from './report.ts';
import { isKnown, type BaselineReports } from './baseline.ts';

/** What the gate knows about one target besides its report. */
export interface GateCase {
  /** What was counted; undefined where nothing could be, with the reason in `blind`. Empty where endpoints are not the question. */
  readonly counts: readonly Omit<EndpointCount, 'identity' | 'baseline'>[] | undefined;
  readonly blind?: string;
  /** Why the target need have no endpoints. */
  readonly exempt?: string;
  /** The mildest impact of a finding that fails the target; absent: only counts do. */
  readonly failOn?: Impact;
  readonly ignore?: Ignore;
  readonly baseline?: BaselineReports;
  readonly notes?: readonly string[];
}

/** Checks that the person told the gate to ignore at this target, and why. */
export interface Ignore {
  readonly checks: readonly string[];
  readonly reason: string;
}

const harm: Readonly<Record<Impact, number>> = { risks: 0, degrades: 1, breaks: 2 };

/** A report with the gate's decision. Pure: what it is given decides, and the exit code follows from the report alone. */
export function decide(report: Report, facts: GateCase): Report {
  const { ignore, baseline } = facts;
  const findings = report.findings.map((finding): Finding => {
    const reason = ignore?.checks.includes(finding.id) ? ignore.reason : undefined;
    return {
      ...finding,
      ...(baseline ? { baseline: isKnown(finding, baseline) ? 'known' : 'new' } : {}),
      ...(reason === undefined ? {} : { ignored: reason }),
    };
  });
  const endpoints = (facts.exempt === undefined ? (facts.counts ?? []) : []).map((count): EndpointCount => {
    const identity = `endpoints ${report.target} ${[count.port, count.family].filter(Boolean).join(' ')}`;
    const short = count.ready < count.wanted;
    return {
      ...count,
      identity,
      ...(baseline && short ? { baseline: isKnownShortage(identity, findings, baseline) ? 'known' : 'new' } : {}),
    };
  });
  const fixed = baseline?.fixedBy(report.target, report.from, findings);
  return {
    ...report,
    findings,
    gate: {
      ...verdictOn(report, findings, endpoints, facts),
      endpoints,
      ...(fixed ? { fixed } : {}),
      notes: facts.notes ?? [],
    },
  };
}

type Decided = Pick<GateDecision, 'result' | 'why' | 'baseline' | 'failedBy'>;

function verdictOn(
  report: Report,
  findings: readonly Finding[],
  endpoints: readonly EndpointCount[],
  facts: GateCase,
): Decided {
  const missing = report.service === undefined && findings.length > 0;
  const counting = findings.filter(
    (finding) => finding.ignored === undefined && fails(finding, missing ? 'breaks' : facts.failOn),
  );
  const short = endpoints.filter(({ ready, wanted }) => ready < wanted);
  if (!missing && facts.counts === undefined && facts.exempt === undefined)
    return { result: 'unknown', why: facts.blind ?? 'its endpoints could not be looked at', failedBy: [] };
  const excused = short.length > 0 ? excuseFor(findings) : undefined;
  const causes = [...(excused === undefined ? short : []), ...counting];
  const failing = causes.filter((cause) => cause.baseline !== 'known');
  if (failing.length > 0)
    return {
      result: 'fail',
      why: whyFailed(excused === undefined ? short : [], counting, endpoints),
      ...(facts.baseline ? { baseline: 'new' } : {}),
      failedBy: failing.map(({ identity }) => identity),
    };
  if (causes.length > 0)
    return { result: 'pass', why: `known: ${whyFailed(short, counting, endpoints)}`, baseline: 'known', failedBy: [] };
  if (excused !== undefined) return { result: 'exempt', why: excused, failedBy: [] };
  if (facts.exempt !== undefined) return { result: 'exempt', why: facts.exempt, failedBy: [] };
  return { result: 'pass', why: whyPassed(endpoints, findings), failedBy: [] };
}

/** A guess never fails a gate; what a finding explains weighs as much as the finding. */
function fails(finding: Finding, failOn: Impact | undefined): boolean {
  if (failOn === undefined) return false;
  const counts = ({ impact, certainty }: Finding) => certainty !== 'possible' && harm[impact] >= harm[failOn];
  return counts(finding) || (finding.certainty !== 'possible' && finding.consequences.some((each) => counts(each)));
}

/** The person knows about the cause of the missing endpoints, if every cause that was found is one of those to ignore. */
function excuseFor(findings: readonly Finding[]): string | undefined {
  const causes = findings.filter(({ impact, certainty }) => impact !== 'risks' && certainty !== 'possible');
  const [first] = causes;
  return first && causes.every(({ ignored }) => ignored !== undefined)
    ? `${causes.map(({ id }) => id).join(', ')} ignored: ${first.ignored}`
    : undefined;
}

/** A baseline of the gate counted the same; one of `check` found the same faults, and no other. */
function isKnownShortage(identity: string, findings: readonly Finding[], baseline: BaselineReports): boolean {
  const breaking = findings.filter(({ impact }) => impact === 'breaks');
  return (
    baseline.shortages.has(identity) ||
    (!baseline.counted && breaking.length > 0 && breaking.every((finding) => finding.baseline === 'known'))
  );
}

function whyFailed(
  short: readonly EndpointCount[],
  counting: readonly Finding[],
  endpoints: readonly EndpointCount[],
): string {
  if (short.length > 0) return short.map((count) => countWords(count, endpoints)).join('; ');
  return counting.map(({ title, summary }) => `${title}: ${summary}`).join('; ');
}

function whyPassed(endpoints: readonly EndpointCount[], findings: readonly Finding[]): string {
  if (endpoints.length > 0) {
    const fewest = Math.min(...endpoints.map(({ ready }) => ready));
    const most = Math.max(...endpoints.map(({ ready }) => ready));
    const ready = fewest === most ? `${fewest}` : `${fewest} to ${most}`;
    const what = [...new Set(endpoints.map((count) => placeOf(count, endpoints)))].filter((text) => text !== '');
    return `${ready} ready${what.length > 0 ? ` on ${what.join(', ')}` : ''}`;
  }
  return findings.length > 0 ? 'nothing that fails it was found' : 'nothing wrong was found';
}

const countWords = (count: EndpointCount, all: readonly EndpointCount[]): string => {
  const place = placeOf(count, all);
  const { ready, wanted } = count;
  return `${ready} of ${wanted} ${wanted === 1 ? 'endpoint' : 'endpoints'} ready${place === '' ? '' : ` on ${place}`}`;
};

/** The family is worth a word only where there are two. */
const placeOf = ({ port, family }: EndpointCount, all: readonly EndpointCount[]): string =>
  [port, new Set(all.map((each) => each.family)).size > 1 ? family : undefined].filter(Boolean).join(' over ');
