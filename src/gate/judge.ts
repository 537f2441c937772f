import { catalogue } from '../checks/index.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import { decide } from '../diagnosis/gate.ts';
import type { Report } from '../diagnosis/report.ts';
import type { CustomObject, HorizontalPodAutoscaler, Service } from '../k8s/objects.ts';
import { formatServicePort } from '../k8s/ports.ts';
import { readinessOf, wantedOf } from '../k8s/readiness.ts';
import { desiredReplicasOf, workloadsReachedBy } from '../k8s/workloads.ts';
import type { ClusterView } from '../snapshot/cluster-view.ts';
import { factSources, type Scope } from '../snapshot/facts.ts';
import { ignoredBy } from './annotations.ts';
import { exemptByNature, exemptBySleep } from './exemptions.ts';
import type { GatePolicy } from './policy.ts';

const checkIds = catalogue.map(({ id }) => id);

/**
 * A target as the Services and slices alone show it: no check was run. Where it does not pass, `judge` says why. Whether a shortage is a known
 * one hangs on its cause, so no baseline excuses it here.
 */
export function glance(view: ClusterView, scope: Scope, policy: GatePolicy): Report {
  const { minReady, failOn, allowScaledToZero, headless } = policy;
  const bare = { minReady, allowScaledToZero, headless, ...(failOn === undefined ? {} : { failOn }) };
  return decided(view, scope, bare, diagnose(view, scope, []));
}

/** A target with the whole catalogue, of a view that holds what the checks need. */
export const judge = (view: ClusterView, scope: Scope, policy: GatePolicy): Report =>
  decided(view, scope, policy, diagnose(view, scope));

/** The decision on a report, by what the view shows; `exempt` where somebody knows a reason that the view does not show. */
export function decided(view: ClusterView, scope: Scope, policy: GatePolicy, report: Report, known?: string): Report {
  const { namespace, name } = scope.target;
  const { failOn, baseline } = policy;
  const common = { ...(failOn ? { failOn } : {}), ...(baseline ? { baseline } : {}) };
  const service = view.object<Service>('services', namespace, name);
  const blind = blindness(view, scope);
  if (!service || blind !== undefined)
    return decide(report, { ...common, counts: undefined, ...(blind === undefined ? {} : { blind }) });
  const slices = factSources.slices.from(view, scope);
  const { ignore, notes } = ignoredBy(service, checkIds, view.now);
  const expected = expectedOf(view, scope, service);
  const counts = readinessOf(service, slices).map(({ port, family, ready, listed }) => ({
    ...(port ? { port: formatServicePort(port) } : {}),
    family,
    ready,
    wanted: wantedOf(policy.minReady, expected ?? listed),
  }));
  const exempt =
    known ??
    exemptByNature(service, slices, policy) ??
    (counts.some(({ ready, wanted }) => ready < wanted) ? asleep(view, scope, service, policy) : undefined);
  return decide(report, {
    ...common,
    counts,
    notes,
    ...(exempt === undefined ? {} : { exempt }),
    ...(ignore ? { ignore } : {}),
  });
}

/** Why the endpoints of a Service cannot be counted: nobody may look, or it was not looked at. */
function blindness(view: ClusterView, scope: Scope): string | undefined {
  const sights = (['service', 'slices'] as const).flatMap((fact) =>
    factSources[fact].needs(view, scope).map((need) => view.sight(need)),
  );
  const missing = sights.find((sight) => 'need' in sight);
  if (!missing) return undefined;
  const { resource } = missing.need;
  return missing.state === 'forbidden' ? `may not list ${resource} in ${scope.target.namespace}` : missing.detail;
}

function asleep(view: ClusterView, scope: Scope, service: Service, policy: GatePolicy): string | undefined {
  const scalers = {
    autoscalers: view.objects<HorizontalPodAutoscaler>('autoscaling/horizontalpodautoscalers', scope.target.namespace),
    scaledObjects: ['keda.sh/scaledobjects', 'http.keda.sh/httpscaledobjects'].flatMap((key) =>
      view.objects<CustomObject>(key, scope.target.namespace),
    ),
  };
  return exemptBySleep(service, factSources.workloads.from(view, scope), scalers, policy);
}

/** How many Pods the workloads behind a Service are asked for; undefined where none is known, and what is listed must do. */
function expectedOf(view: ClusterView, scope: Scope, service: Service): number | undefined {
  const reached = workloadsReachedBy(service, factSources.workloads.from(view, scope));
  const wanted = reached.map((each) => desiredReplicasOf(each) ?? each.status?.desiredNumberScheduled ?? 0);
  return wanted.length === 0 ? undefined : wanted.reduce((sum, each) => sum + each, 0);
}
