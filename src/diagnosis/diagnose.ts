import type { AnyCheck, CheckId, Evidence, Fix, Impact, Patch, Problem } from '../checks/define.ts';
import { catalogue } from '../checks/index.ts';
import { isExternalName } from '../k8s/endpoints.ts';
import type { Service } from '../k8s/objects.ts';
import { oncePer } from '../k8s/once-per.ts';
import { formatServicePort, targetPortOf } from '../k8s/ports.ts';
import { formatRef, refArgs, refTo } from '../k8s/references.ts';
import { managerOf } from '../k8s/workloads.ts';
import type { ClusterView } from '../snapshot/cluster-view.ts';
import type { Scope } from '../snapshot/facts.ts';
import { placeOf, rank, type Candidate } from './rank.ts';
import {
  reportVersion,
  type CheckResult,
  type Finding,
  type Report,
  type ServiceSummary,
  type Verdict,
} from './report.ts';
import { runChecks, type Ran } from './run.ts';
import { unaskedOf } from './unasked.ts';
import { unreadOf } from './unread.ts';

/** Judges one target: the whole catalogue, ranked into causes and consequences. Pure: the same snapshot gives the same report. */
export function diagnose(view: ClusterView, scope: Scope, checks: readonly AnyCheck[] = catalogue): Report {
  const ran = runChecks(view, scope, checks);
  const findings = rank(candidatesAmong(ran, scope));
  const service = view.object<Service>('services', scope.target.namespace, scope.target.name);
  const results = ran.map(({ result }) => result);
  const unasked = unaskedOf(view, scope);
  const unread = unreadOf(view, scope, checks);
  return {
    apiVersion: reportVersion,
    kind: 'Report',
    target: `${scope.target.namespace}/${scope.target.name}`,
    ...(scope.client ? { from: `${scope.client.namespace}/${scope.client.kind}/${scope.client.name}` } : {}),
    ...(service ? { service: summaryOf(service) } : {}),
    verdict: verdictOf(findings, results, impactsOf(checks)),
    findings,
    checks: results,
    ...(unasked.length > 0 ? { unasked } : {}),
    ...(unread.length > 0 ? { unread } : {}),
  };
}

function candidatesAmong(ran: readonly Ran[], scope: Scope): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const [place, { check, problem }] of ran.entries()) {
    if (!problem) continue;
    const { explains = [], symptom = false } = check;
    found.push({ finding: findingOf(check, problem, scope), explains, symptom, place: placeOf(check.id, place) });
  }
  return found;
}

const impactsOf = oncePer(
  (checks: readonly AnyCheck[]): ReadonlyMap<CheckId, Impact> => new Map(checks.map(({ id, impact }) => [id, impact])),
);

/** Healthy only where every check that could have found an outage was able to look. */
function verdictOf(
  findings: readonly Finding[],
  results: readonly CheckResult[],
  impacts: ReadonlyMap<CheckId, Impact>,
): Verdict {
  if (findings.some(({ impact }) => impact === 'breaks')) return 'broken';
  if (results.length === 0) return 'not-diagnosed';
  const blind = results.some(
    ({ id, because }) => (because === 'blind' || because === 'crashed') && impacts.get(id) === 'breaks',
  );
  if (blind) return 'unknown';
  if (findings.some(({ impact }) => impact === 'degrades')) return 'degraded';
  return findings.length > 0 ? 'at-risk' : 'healthy';
}

function findingOf(check: AnyCheck, problem: Problem, scope: Scope): Finding {
  const { target } = scope;
  const shown = ({ object, path, saw }: Evidence) => ({ object: formatRef(object, target.namespace), path, saw });
  return {
    id: check.id,
    identity: identityOf(check.id, scope),
    title: check.title,
    summary: problem.summary,
    impact: problem.impact ?? check.impact,
    certainty: problem.certainty,
    evidence: problem.evidence.map(shown),
    confirm: problem.confirm,
    fix: fixOf(problem.fix, target.namespace),
    consequences: [],
  };
}

/** One check gives one verdict for a Service and a client, so these three tell findings apart, whatever the Pods are called today. */
const identityOf = (id: CheckId, { target, client }: Scope): string =>
  [
    id,
    `${target.namespace}/${target.name}`,
    ...(client ? [`from ${client.namespace}/${client.kind}/${client.name}`] : []),
  ].join(' ');

function fixOf({ explain, patch, commands = [] }: Fix, home: string): Finding['fix'] {
  const manager = patch && managerOf(patch.object);
  return {
    explain: manager ? `${explain} It is managed by ${manager}: make the change there too, or it comes back.` : explain,
    commands: [...(patch ? [patchCommand(patch)] : []), ...commands],
    ...(patch ? { patch: { object: formatRef(refTo(patch.object), home), type: patch.type, body: patch.body } } : {}),
  };
}

/** `kubectl patch service db -n demo --type=merge -p '{…}'` as an argument list. */
const patchCommand = ({ object, type, body }: Patch): readonly string[] => [
  'kubectl',
  'patch',
  ...refArgs(refTo(object)),
  `--type=${type}`,
  '-p',
  JSON.stringify(body),
];

function summaryOf(service: Service): ServiceSummary {
  const { spec } = service;
  return {
    type: spec.type ?? 'ClusterIP',
    address: isExternalName(service)
      ? (spec.externalName ?? '')
      : (spec.clusterIPs ?? [spec.clusterIP ?? '']).join(','),
    ports: (spec.ports ?? []).map((port) => `${formatServicePort(port)} → ${targetPortOf(port)}`),
  };
}
