import { includesLabels, indexByLabel, ownValue } from './labels.ts';
import type {
  KubeObject,
  LabelSelector,
  Labels,
  OwnerReference,
  Pod,
  PodTemplate,
  Service,
  Workload,
} from './objects.ts';
import { oncePer, oncePerPair } from './once-per.ts';

export const podTemplateOf = (workload: Workload): PodTemplate | undefined =>
  workload.kind === 'CronJob' ? workload.spec.jobTemplate?.spec?.template : workload.spec.template;

/** The labels its future Pods will carry. */
export const templateLabelsOf = (workload: Workload): Labels => podTemplateOf(workload)?.metadata?.labels ?? {};

export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller);

/** A ReplicationController's selector is a plain map of labels; everybody else's is a LabelSelector. */
function selectorOf(workload: Workload): LabelSelector {
  const { selector } = workload.spec;
  if (!selector) return {};
  return workload.kind === 'ReplicationController' ? { matchLabels: selector as Labels } : selector;
}

/** Labels that the owner's own selector demands: changing them on the template is refused, or orphans the Pods. */
export const demandedLabelsOf = (workload: Workload): Labels => selectorOf(workload).matchLabels ?? {};

/** How many Pods the person asked for; a DaemonSet's number depends on the nodes: undefined. */
export const desiredReplicasOf = (workload: Workload): number | undefined =>
  workload.kind === 'DaemonSet' || workload.kind === 'Job' || workload.kind === 'CronJob'
    ? undefined
    : (workload.spec.replicas ?? 1);

/** The object a person edits: climbs from a Pod or ReplicaSet to its topmost owner among the workloads given. */
export const topOwnerOf: (object: KubeObject, workloads: readonly Workload[]) => Workload | undefined = oncePerPair(
  (object: KubeObject, workloads: readonly Workload[]) => {
    const named = workloadsByName(workloads);
    const { namespace } = object.metadata;
    let current: Workload | undefined;
    let next = controllerOf(object);
    for (let climbs = 0; next && climbs < 8; climbs += 1) {
      const { kind, name } = next;
      const found = named.get(name)?.find((each) => each.kind === kind && each.metadata.namespace === namespace);
      if (!found) return current;
      current = found;
      next = controllerOf(found);
    }
    return current;
  },
);

const workloadsByName = oncePer((workloads: readonly Workload[]): ReadonlyMap<string, readonly Workload[]> =>
  Map.groupBy(workloads, ({ metadata }) => metadata.name),
);

/** Workloads that nobody else controls: the ones a person edits. */
export const topWorkloads = (workloads: readonly Workload[]): readonly Workload[] =>
  workloads.filter((workload) => !controllerOf(workload));

/** Those whose future Pods carry every pair of a selector, by a look-up; none for an empty one. */
export function topWorkloadsWith(wanted: Labels, workloads: readonly Workload[]): readonly Workload[] {
  const [key] = Object.keys(wanted);
  const having =
    key === undefined
      ? undefined
      : workloadsByLabel(workloads)
          .get(key)
          ?.get(wanted[key] ?? '');
  return topWorkloads(having ?? []).filter((workload) => includesLabels(templateLabelsOf(workload), wanted));
}

const workloadsByLabel = oncePer((workloads: readonly Workload[]) => indexByLabel(workloads, templateLabelsOf));

/** The Pods below a workload, through any ReplicaSet or Job between. */
export function podsOf(workload: Workload, pods: readonly Pod[], workloads: readonly Workload[]): readonly Pod[] {
  const { byOwner, byController } = podsByOwner(pods, workloads);
  const below = byOwner.get(workload) ?? [];
  const named = byController.get(`${workload.kind} ${workload.metadata.name}`) ?? [];
  if (named.length === 0) return below;
  if (below.length === 0) return named;
  const either = new Set([...below, ...named]);
  return below.length === either.size ? below : pods.filter((pod) => either.has(pod));
}

/** The Pods whose topmost owner among these workloads it is. */
export const podsOwnedBy = (workload: Workload, pods: readonly Pod[], workloads: readonly Workload[]): readonly Pod[] =>
  podsByOwner(pods, workloads).byOwner.get(workload) ?? [];

const podsByOwner = oncePerPair((pods: readonly Pod[], workloads: readonly Workload[]) => ({
  byOwner: Map.groupBy(pods, (pod) => topOwnerOf(pod, workloads)) as ReadonlyMap<Workload | undefined, readonly Pod[]>,
  byController: Map.groupBy(pods, (pod) => {
    const controller = controllerOf(pod);
    return controller && `${controller.kind} ${controller.name}`;
  }) as ReadonlyMap<string | undefined, readonly Pod[]>,
}));

/** Those whose templates carry a pair of the selector that no controller adds; all where it has only such. */
function mayCarry(selector: Labels, workloads: readonly Workload[]): readonly Workload[] {
  const key = Object.keys(selector).find((each) => !addedKeys.includes(each));
  return key === undefined
    ? workloads
    : (workloadsByLabel(workloads)
        .get(key)
        ?.get(selector[key] ?? '') ?? []);
}

/** Whether its future Pods will carry every pair: by its template, or by what its controller adds beyond that. */
function willCarry(workload: Workload, wanted: Labels): boolean {
  const labels = templateLabelsOf(workload);
  return Object.keys(wanted).every((key) => {
    const written = ownValue(labels, key);
    return written === undefined ? adds(workload, key, wanted[key] ?? '') : written === wanted[key];
  });
}

/** Whether a controller puts such a label on Pods of this workload. */
function adds(workload: Workload, key: string, value: string): boolean {
  const { name } = workload.metadata;
  if (workload.kind === 'StatefulSet') {
    if (key === podIndexLabel) return makesOrdinal(workload, Number(value));
    return key === podNameLabel && value.startsWith(`${name}-`) && makesOrdinal(workload, ordinalOf(value));
  }
  return workload.kind === 'Job' && jobNameLabels.includes(key) && value === name;
}

export const podNameLabel = 'statefulset.kubernetes.io/pod-name';
export const podIndexLabel = 'apps.kubernetes.io/pod-index';
const jobNameLabels: readonly string[] = ['job-name', 'batch.kubernetes.io/job-name'];
const addedKeys: readonly string[] = [podNameLabel, podIndexLabel, ...jobNameLabels];

const ordinalOf = (podName: string): number => Number(podName.slice(podName.lastIndexOf('-') + 1));

/** Whether a StatefulSet makes a Pod of this ordinal. One scaled to zero makes none now, and any of them again later. */
const makesOrdinal = ({ spec }: Workload, ordinal: number): boolean => {
  const replicas = spec.replicas ?? 1;
  const start = spec.ordinals?.start ?? 0;
  return replicas === 0 || (ordinal >= start && ordinal < start + replicas);
};

/** A ReplicaSet that its Deployment keeps only for a rollback: it makes no Pod, though its template still has the old labels. */
const isRetired = (workload: Workload, workloads: readonly Workload[]): boolean => {
  if (workload.kind !== 'ReplicaSet' || (workload.spec.replicas ?? 1) > 0) return false;
  const owner = topOwnerOf(workload, workloads);
  if (!owner) return controllerOf(workload) !== undefined;
  const revision = (object: KubeObject) => object.metadata.annotations?.['deployment.kubernetes.io/revision'];
  return (owner.spec.replicas ?? 1) > 0 || revision(workload) !== revision(owner);
};

/** The workloads whose future Pods a Service would select, by their templates: the ones a person edits, each once. */
export const workloadsReachedBy: (service: Service, workloads: readonly Workload[]) => readonly Workload[] =
  oncePerPair((service: Service, workloads: readonly Workload[]) => {
    const selector = service.spec.selector ?? {};
    if (Object.keys(selector).length === 0) return [];
    const reached = mayCarry(selector, workloads).filter(
      (workload) =>
        workload.metadata.namespace === service.metadata.namespace &&
        willCarry(workload, selector) &&
        !isRetired(workload, workloads),
    );
    return [...new Set(reached.map((workload) => topOwnerOf(workload, workloads) ?? workload))];
  });

/** A workload and everything between it and its Pods: a Deployment with its ReplicaSets, a CronJob with its Jobs. */
export const lineageOf = (workload: Workload, workloads: readonly Workload[]): readonly Workload[] => [
  workload,
  ...workloads.filter((other) => other !== workload && topOwnerOf(other, workloads) === workload),
];

/** Who writes an object besides people: `Helm release db`, `Argo CD application shop`; undefined where nothing shows it. Only Helm's annotation names its release. */
export function managerOf(object: KubeObject): string | undefined {
  const { labels = {}, annotations = {} } = object.metadata;
  const owner = controllerOf(object);
  const argo = annotations['argocd.argoproj.io/tracking-id']?.split(':')[0];
  if (argo) return `Argo CD application ${argo}`;
  if (labels['argocd.argoproj.io/instance']) return `Argo CD application ${labels['argocd.argoproj.io/instance']}`;
  if (labels['kustomize.toolkit.fluxcd.io/name'])
    return `Flux Kustomization ${labels['kustomize.toolkit.fluxcd.io/name']}`;
  if (labels['helm.toolkit.fluxcd.io/name']) return `Flux HelmRelease ${labels['helm.toolkit.fluxcd.io/name']}`;
  const release = annotations['meta.helm.sh/release-name'];
  if (release) return `Helm release ${release}`;
  if (labels['app.kubernetes.io/managed-by'] === 'Helm') return 'Helm';
  if (owner) return `${owner.kind} ${owner.name}`;
  return undefined;
}
