import { ownValue } from './labels.ts';
import type { KubeObject, Labels, Pod, Workload } from './objects.ts';
import { oncePerPair } from './once-per.ts';
import { refTo } from './references.ts';
import { controllerOf, templateLabelsOf, topOwnerOf } from './workloads.ts';

/** Pods that one controller made, whatever stands between: the Pods of a Deployment, of a Postgres cluster, of nobody. */
export interface PodGroup {
  /** What a person edits: the topmost owner that was read, or a Pod of the group where none was. */
  readonly object: KubeObject;
  readonly workload?: Workload;
  /** `deployment/web`, `postgrescluster/hippo`, `pod/debug`: the topmost owner that is known, read or not. */
  readonly name: string;
  readonly pods: readonly Pod[];
  /** The labels that all its Pods share; of its template where it has no Pods. */
  readonly labels: Labels;
  /** Its Pods run to completion: a Job's, or those that are not restarted. */
  readonly finite: boolean;
}

/** Groups Pods by their topmost owner, the largest group first. */
export const groupByOwner: (pods: readonly Pod[], workloads: readonly Workload[]) => readonly PodGroup[] =
  oncePerPair(groupsOf);

function groupsOf(pods: readonly Pod[], workloads: readonly Workload[]): readonly PodGroup[] {
  const groups = Map.groupBy(pods, (pod) => ownerNameOf(pod, workloads));
  return [...groups]
    .map(([name, members]): PodGroup => {
      const [first] = members;
      const workload = first && topOwnerOf(first, workloads);
      return {
        object: workload ?? (first as Pod),
        ...(workload ? { workload } : {}),
        name,
        pods: members,
        labels: sharedLabelsOf(members),
        finite: members.every(
          (pod) => controllerOf(pod)?.kind === 'Job' || (pod.spec.restartPolicy ?? 'Always') !== 'Always',
        ),
      };
    })
    .sort((a, b) => b.pods.length - a.pods.length || (a.name < b.name ? -1 : 1));
}

/** `deployment/web, job/import`: the owners of some Pods, in words. */
export const ownersOf = (pods: readonly Pod[], workloads: readonly Workload[]): string =>
  groupByOwner(pods, workloads)
    .map(({ name }) => name)
    .join(', ');

/** The group that a workload without Pods would make. */
export const groupToCome = (workload: Workload): PodGroup => ({
  object: workload,
  workload,
  name: nameOf(workload),
  pods: [],
  labels: templateLabelsOf(workload),
  finite: workload.kind === 'Job' || workload.kind === 'CronJob',
});

const nameOf = (object: KubeObject): string => `${refTo(object).kind}/${object.metadata.name}`;

/** Kinds that somebody else makes, revision by revision: where their maker was not read, its name is told by theirs. */
const intermediate = ['ReplicaSet', 'ReplicationController', 'Job', 'Pod'];

function ownerNameOf(pod: Pod, workloads: readonly Workload[]): string {
  const top: KubeObject = topOwnerOf(pod, workloads) ?? pod;
  const unread = intermediate.includes(top.kind) ? controllerOf(top) : undefined;
  if (!unread) return nameOf(top);
  if (unread.kind === 'Node') return 'static Pods'; // mirror Pods: one owner for each node
  return ownerBehind(unread.kind, unread.name, pod);
}

/** The Deployment behind a ReplicaSet that was not read, told by the hash in its name; likewise the CronJob behind a Job. */
function ownerBehind(kind: string, name: string, pod: Pod): string {
  const hash = ownValue(pod.metadata.labels, 'pod-template-hash');
  const rolloutHash = ownValue(pod.metadata.labels, 'rollouts-pod-template-hash');
  if (kind === 'ReplicaSet' && rolloutHash && name.endsWith(`-${rolloutHash}`))
    return `rollout/${name.slice(0, -rolloutHash.length - 1)}`;
  if (kind === 'ReplicaSet' && hash && name.endsWith(`-${hash}`))
    return `deployment/${name.slice(0, -hash.length - 1)}`;
  if (kind === 'Job' && /-\d{8,}$/.test(name)) return `cronjob/${name.replace(/-\d{8,}$/, '')}`;
  return `${kind.toLowerCase()}/${name}`;
}

function sharedLabelsOf(pods: readonly Pod[]): Labels {
  const [first, ...rest] = pods.map((pod) => pod.metadata.labels);
  return Object.fromEntries(
    Object.entries(first ?? {}).filter(([key, value]) => rest.every((labels) => ownValue(labels, key) === value)),
  );
}
