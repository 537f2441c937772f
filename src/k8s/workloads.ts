import type { KubeObject, LabelSelector, Labels, OwnerReference, Pod, PodTemplate, Workload } from './objects.ts';

export const podTemplateOf = (workload: Workload): PodTemplate | undefined =>
  workload.kind === 'CronJob' ? workload.spec.jobTemplate?.spec?.template : workload.spec.template;

/** The labels its future Pods will carry. */
export const templateLabelsOf = (workload: Workload): Labels => podTemplateOf(workload)?.metadata?.labels ?? {};

export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller);

/** A ReplicationController's selector is a plain map of labels; everybody else's is a LabelSelector. */
export function selectorOf(workload: Workload): LabelSelector {
  const { selector } = workload.spec;
  if (!selector) return {};
  return workload.kind === 'ReplicationController' ? { matchLabels: selector as Labels } : (selector as LabelSelector);
}

/** Labels that the owner's own selector demands: changing them on the template is refused, or orphans the Pods. */
export const demandedLabelsOf = (workload: Workload): Labels => selectorOf(workload).matchLabels ?? {};

/** How many Pods the person asked for; a DaemonSet's number depends on the nodes: undefined. */
export const desiredReplicasOf = (workload: Workload): number | undefined =>
  workload.kind === 'DaemonSet' || workload.kind === 'Job' || workload.kind === 'CronJob'
    ? undefined
    : (workload.spec.replicas ?? 1);

/** The object a person edits: climbs from a Pod or ReplicaSet to its topmost owner among the workloads given. */
export function topOwnerOf(object: KubeObject, workloads: readonly Workload[]): Workload | undefined {
  let current: Workload | undefined;
  let next = controllerOf(object);
  for (let climbs = 0; next && climbs < 8; climbs += 1) {
    const owner = next;
    const found: Workload | undefined = workloads.find(
      (workload) =>
        workload.kind === owner.kind &&
        workload.metadata.name === owner.name &&
        workload.metadata.namespace === object.metadata.namespace,
    );
    if (!found) return current;
    current = found;
    next = controllerOf(found);
  }
  return current;
}

/** Workloads that nobody else controls: the ones a person edits. */
export const topWorkloads = (workloads: readonly Workload[]): readonly Workload[] =>
  workloads.filter((workload) => !controllerOf(workload));

/** The Pods below a workload, through any ReplicaSet or Job between. */
export const podsOf = (workload: Workload, pods: readonly Pod[], workloads: readonly Workload[]): readonly Pod[] =>
  pods.filter((pod) => {
    const owner = topOwnerOf(pod, workloads);
    return (
      owner === workload ||
      (controllerOf(pod)?.kind === workload.kind && controllerOf(pod)?.name === workload.metadata.name)
    );
  });

/** Who writes an object besides people: `Helm release db`, `Argo CD application shop`; undefined where nothing shows it. */
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
  if (labels['app.kubernetes.io/managed-by'] === 'Helm')
    return `Helm release ${labels['app.kubernetes.io/instance'] ?? object.metadata.name}`;
  if (owner) return `${owner.kind} ${owner.name}`;
  return undefined;
}
