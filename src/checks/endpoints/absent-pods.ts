import type { Pod, Service, Workload } from '../../k8s/objects.ts';
import { hasSelector, isFinished, isTerminating, unfinishedPodsOf } from '../../k8s/pods.ts';
import { desiredReplicasOf, podsOf, workloadsReachedBy } from '../../k8s/workloads.ts';

interface Absent {
  readonly outcome: 'absent';
  /** The workloads whose templates the Service selects, and which have no Pod that lives. */
  readonly workloads: readonly [Workload, ...Workload[]];
}

interface Nothing {
  readonly outcome: 'passed' | 'not-applicable';
  readonly detail: string;
}

/** Whether the Service waits for Pods that its workloads do not have; Pods in trouble are not absent. */
export function absentPods(service: Service, pods: readonly Pod[], workloads: readonly Workload[]): Absent | Nothing {
  if (!hasSelector(service)) return { outcome: 'not-applicable', detail: 'the Service has no selector' };
  const alive = unfinishedPodsOf(service, pods).filter((pod) => !isTerminating(pod));
  if (alive.length > 0) return { outcome: 'passed', detail: `${alive.length} Pods are there` };
  const [first, ...rest] = workloadsReachedBy(service, workloads);
  if (!first) return { outcome: 'not-applicable', detail: 'nothing is selected' };
  return { outcome: 'absent', workloads: [first, ...rest] };
}

/** Pods that a workload has, whatever labels they carry by now. */
export const livingPodsOf = (
  workload: Workload,
  pods: readonly Pod[],
  workloads: readonly Workload[],
): readonly Pod[] => podsOf(workload, pods, workloads).filter((pod) => !isFinished(pod) && !isTerminating(pod));

/** Workloads that are asked for Pods: not scaled to zero, and no tasks that end. */
export const wantPods = (workloads: readonly Workload[]): readonly Workload[] =>
  workloads.filter((workload) => workload.kind === 'DaemonSet' || (desiredReplicasOf(workload) ?? 0) > 0);
