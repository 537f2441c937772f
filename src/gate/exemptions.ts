import { idlenessOf, type Scalers } from '../k8s/autoscaling.ts';
import { isExternalName, isHeadless } from '../k8s/endpoints.ts';
import type { EndpointSlice, Service, Workload } from '../k8s/objects.ts';
import { hasSelector } from '../k8s/pods.ts';
import { desiredReplicasOf, workloadsReachedBy } from '../k8s/workloads.ts';
import type { GatePolicy } from './policy.ts';

/** Why a Service need have no endpoints by what it is, whatever runs behind it; undefined where it does need them. */
export function exemptByNature(
  service: Service,
  slices: readonly EndpointSlice[],
  { headless }: Pick<GatePolicy, 'headless'>,
): string | undefined {
  if (isExternalName(service)) return `ExternalName: an alias of ${service.spec.externalName ?? ''} in DNS`;
  if (headless === 'exempt' && isHeadless(service)) return 'headless, and --headless exempt says not to judge those';
  if (!hasSelector(service) && slices.length === 0)
    return 'it has no selector, and nobody has written an EndpointSlice for it';
  return undefined;
}

/** Why a Service has no endpoints on purpose: all that runs behind it is scaled to zero by something that wakes it, or by hand where that is allowed. */
export function exemptBySleep(
  service: Service,
  workloads: readonly Workload[],
  scalers: Scalers,
  { allowScaledToZero }: Pick<GatePolicy, 'allowScaledToZero'>,
): string | undefined {
  const behind = workloadsBehind(service, workloads);
  if (behind.some((workload) => desiredReplicasOf(workload) !== 0)) return undefined;
  const reasons = behind.map((workload) => ({ workload, idleness: idlenessOf(workload, service, scalers) }));
  const held = reasons.find(({ idleness }) => idleness.kind !== 'sleeps');
  const { workload, idleness } = held ?? reasons[0] ?? {};
  if (!workload || !idleness || (held && !allowScaledToZero)) return undefined;
  const who = `${workload.kind} ${workload.metadata.name} is scaled to 0`;
  switch (idleness.kind) {
    case 'sleeps':
      return `${who} by ${idleness.by}`;
    case 'held':
      return `${who} and kept there by ${idleness.by}, which --allow-scaled-to-zero allows`;
    case 'by hand':
      return `${who} by hand, which --allow-scaled-to-zero allows`;
  }
}

/** What the selector reaches; behind the selector-less Services of Knative, the Deployment of the same Revision. */
function workloadsBehind(service: Service, workloads: readonly Workload[]): readonly Workload[] {
  const revision = service.metadata.labels?.[knativeRevision];
  if (hasSelector(service) || revision === undefined) return workloadsReachedBy(service, workloads);
  return workloads.filter(
    ({ kind, metadata }) =>
      kind === 'Deployment' &&
      metadata.namespace === service.metadata.namespace &&
      metadata.labels?.[knativeRevision] === revision,
  );
}

const knativeRevision = 'serving.knative.dev/revision';
