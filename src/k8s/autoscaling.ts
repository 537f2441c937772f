import type { CustomObject, HorizontalPodAutoscaler, KubeObject, Service, Workload } from './objects.ts';
import { controllerOf } from './workloads.ts';

/** What is known of those who change replica counts by themselves. */
export interface Scalers {
  readonly autoscalers?: readonly HorizontalPodAutoscaler[] | undefined;
  readonly scaledObjects?: readonly CustomObject[] | undefined;
}

/** Why a workload has no replicas. `sleeps`: it wakes up by itself when there is work. `held`: somebody's tool keeps it at zero. */
export type Idleness =
  | { readonly kind: 'sleeps'; readonly by: string; readonly object: KubeObject }
  | {
      readonly kind: 'held';
      readonly by: string;
      readonly object: KubeObject;
      readonly path: string;
      readonly saw: string;
    }
  | { readonly kind: 'by hand' };

/** Who keeps a workload at zero replicas; by hand, where nothing else explains it. */
export function idlenessOf(workload: Workload, service: Service, scalers: Scalers): Idleness {
  return (
    byKeda(workload, scalers) ??
    byHpa(workload, scalers) ??
    byKnative(workload, service) ??
    byFlagger(workload, service) ??
    byAnnotation(workload) ?? { kind: 'by hand' }
  );
}

const field = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      inner && typeof inner === 'object' ? (inner as Readonly<Record<string, unknown>>)[key] : undefined,
    value,
  );

const scales = (scaler: CustomObject, workload: Workload): boolean => {
  const target = field(scaler, 'spec', 'scaleTargetRef');
  const name = field(target, 'name') ?? field(target, 'deployment');
  const kind = field(target, 'kind') ?? 'Deployment';
  return name === workload.metadata.name && kind === workload.kind;
};

/** KEDA's ScaledObject (minReplicaCount 0 unless said otherwise) and its HTTP add-on. Source: keda.sh/docs, ScaledObject spec. */
function byKeda(workload: Workload, { scaledObjects = [] }: Scalers): Idleness | undefined {
  const scaler =
    scaledObjects.find((object) => object.kind === 'ScaledObject' && scales(object, workload)) ??
    scaledObjects.find((object) => scales(object, workload));
  if (!scaler) return undefined;
  const by = `${scaler.kind} ${scaler.metadata.name} (KEDA)`;
  const held = (path: string, saw: string): Idleness => ({ kind: 'held', by, object: scaler, path, saw });
  const paused = scaler.metadata.annotations?.['autoscaling.keda.sh/paused-replicas'];
  if (paused === '0') return held('metadata.annotations[autoscaling.keda.sh/paused-replicas]', paused);
  if (scaler.metadata.annotations?.['autoscaling.keda.sh/paused'] === 'true')
    return held('metadata.annotations[autoscaling.keda.sh/paused]', 'true');
  const conditions: unknown = field(scaler, 'status', 'conditions');
  const ready: unknown = Array.isArray(conditions)
    ? conditions.find((condition) => field(condition, 'type') === 'Ready')
    : undefined;
  if (field(ready, 'status') === 'False')
    return held(
      'status.conditions[Ready]',
      ['False', field(ready, 'reason'), field(ready, 'message')].filter(Boolean).join(': '),
    );
  const minimum = Number(
    scaler.kind === 'HTTPScaledObject'
      ? (field(scaler, 'spec', 'replicas', 'min') ?? 0)
      : (field(scaler, 'spec', 'idleReplicaCount') ?? field(scaler, 'spec', 'minReplicaCount') ?? 0),
  );
  if (minimum > 0) return held('spec.minReplicaCount', `${minimum}, yet the workload has 0 replicas`);
  return { kind: 'sleeps', by, object: scaler };
}

/** An HPA with minReplicas 0 (HPAScaleToZero), or one that KEDA made: its ScaledObject may be unreadable to us. */
function byHpa(workload: Workload, { autoscalers = [] }: Scalers): Idleness | undefined {
  const scaler = autoscalers.find(
    ({ spec }) => spec.scaleTargetRef.kind === workload.kind && spec.scaleTargetRef.name === workload.metadata.name,
  );
  if (!scaler) return undefined;
  const scaledObject = scaler.metadata.labels?.['scaledobject.keda.sh/name'];
  if (scaledObject) return { kind: 'sleeps', by: `ScaledObject ${scaledObject} (KEDA)`, object: scaler };
  if (scaler.spec.minReplicas === 0)
    return { kind: 'sleeps', by: `HorizontalPodAutoscaler ${scaler.metadata.name}`, object: scaler };
  return undefined;
}

/** Knative's autoscaler wakes a Revision up on the first request, which its activator holds meanwhile. */
function byKnative(workload: Workload, service: Service): Idleness | undefined {
  const owned = [workload, service].find(
    (object) =>
      object.metadata.labels?.['serving.knative.dev/revision'] !== undefined ||
      object.metadata.labels?.['serving.knative.dev/service'] !== undefined ||
      controllerOf(object)?.apiVersion.includes('knative.dev'),
  );
  if (!owned) return undefined;
  const name =
    workload.metadata.labels?.['serving.knative.dev/revision'] ?? controllerOf(owned)?.name ?? owned.metadata.name;
  return { kind: 'sleeps', by: `Knative Revision ${name}`, object: workload };
}

/** Between releases Flagger keeps the canary at zero; the traffic goes to `<name>-primary`. */
function byFlagger(workload: Workload, service: Service): Idleness | undefined {
  const canary = [service, workload].map((object) => controllerOf(object)).find((owner) => owner?.kind === 'Canary');
  return canary ? { kind: 'sleeps', by: `Canary ${canary.name} (Flagger)`, object: workload } : undefined;
}

function byAnnotation(workload: Workload): Idleness | undefined {
  const { annotations = {}, labels = {} } = workload.metadata;
  if (labels['sablier.enable'] === 'true' || annotations['sablier.enable'] === 'true')
    return { kind: 'sleeps', by: 'Sablier', object: workload };
  const downscaler = Object.keys(annotations).find((key) => /^downscaler\/original-replicas$/.test(key));
  if (downscaler)
    return {
      kind: 'held',
      by: 'kube-downscaler',
      object: workload,
      path: `metadata.annotations[${downscaler}]`,
      saw: annotations[downscaler] ?? '',
    };
  return undefined;
}
