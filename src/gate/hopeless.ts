import type { Finding, Report } from '../diagnosis/report.ts';
import { creationFailureOf, type Refusal } from '../k8s/creation-failures.ts';
import type { Event, Pod, Service } from '../k8s/objects.ts';
import { podsBehind } from '../k8s/pod-troubles.ts';
import { resolveTargetPort } from '../k8s/ports.ts';
import { podTemplateOf, workloadsReachedBy } from '../k8s/workloads.ts';
import type { ClusterView } from '../snapshot/cluster-view.ts';
import { factSources, type Scope } from '../snapshot/facts.ts';

/** Refusals that stand until somebody changes the workload or the rule. A webhook may only be starting, an account may only be late. */
const standing: readonly Refusal['by'][] = [
  'quota',
  'limit range',
  'pod security',
  'admission policy',
  'security context constraint',
];

/** What the registry answers where it has no such image, or not for us; a registry that is slow or out of reach may come back. */
const noSuchImage =
  /not found|manifest unknown|does not exist|no match for platform|no matching manifest|denied|unauthorized/i;
const slowDown = /toomanyrequests|rate limit|429/i;

/**
 * Why waiting for a target is in vain, in a clause: its selector matches no template, no template has the port, the image does not exist, a
 * quota refuses its Pods, it is scaled to zero by hand. Only what is certain, and only while nothing serves. undefined: it may yet come.
 */
export function hopelessIn(report: Report, view: ClusterView, scope: Scope): string | undefined {
  const service = view.object<Service>('services', scope.target.namespace, scope.target.name);
  if (!service) return undefined;
  const causes = report.findings.filter(
    ({ impact, certainty, ignored }) => impact === 'breaks' && certainty === 'certain' && ignored === undefined,
  );
  for (const finding of causes)
    if (isStanding(finding, view, scope, service)) return `${finding.title}: ${finding.summary}`;
  return undefined;
}

function isStanding({ id }: Finding, view: ClusterView, scope: Scope, service: Service): boolean {
  const workloads = factSources.workloads.from(view, scope);
  const reached = workloadsReachedBy(service, workloads);
  const events = view.objects<Event>('events', scope.target.namespace);
  if (id.startsWith('selector/')) return reached.length === 0;
  switch (id) {
    case 'endpoints/scaled-to-zero':
      return true;
    case 'endpoints/pods-not-created':
      return reached.some((workload) => {
        const by = creationFailureOf(workload, workloads, events)?.refusal.by;
        return by !== undefined && standing.includes(by);
      });
    case 'endpoints/image-pull':
      return podsBehind(service, view.objects<Pod>('pods', scope.target.namespace), { events }).troubled.every(
        ({ trouble }) =>
          trouble.kind === 'image' &&
          (/^(InvalidImageName|ErrImageNeverPull)$/.test(trouble.reason) ||
            (noSuchImage.test(trouble.message) && !slowDown.test(trouble.message))),
      );
    case 'ports/named-port-unresolved':
      return (
        reached.length > 0 &&
        reached.every((workload) => {
          const template = podTemplateOf(workload);
          return (
            template &&
            (service.spec.ports ?? []).some(
              (port) => resolveTargetPort(template, port, view.snapshot.serverVersion) === undefined,
            )
          );
        })
      );
    default:
      return false;
  }
}
