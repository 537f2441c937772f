import { ownValue } from './labels.ts';
import type { Labels, Pod, Workload } from './objects.ts';
import { controllerOf, templateLabelsOf } from './workloads.ts';

/** Keys under which operators and leader elections mark a Pod while it runs: Patroni, Spilo, CloudNativePG, Crunchy, Redis, Vault, … */
const markKeys =
  /(^|[/._-])(role|instanceRole|spilo-role|redis-role|redisfailovers-role|cluster-role|replicationRole|leader|is-?leader|is-?master|elected|active|primary|master|writable)$|^(vault|openbao)-(active|sealed|initialized|perf-standby)$/i;

const leaderValues = /^(master|primary|leader|main|writer|active|true|yes|read-?write|rw)$/i;
const followerValues =
  /^(replica|slave|secondary|standby|standby_leader|follower|sync_standby|read-?only|ro|reader|passive|false)$/i;

/**
 * Whether a label is one that somebody sets on running Pods, so that it stands in no template: known by its key and value, or seen
 * on a Pod whose own template lacks it.
 */
export const isSetAtRunTime = (
  key: string,
  value: string,
  pods: readonly Pod[],
  workloads: readonly Workload[],
): boolean => {
  const templates = pods.map((pod) => ({ pod, template: ownTemplateOf(pod, workloads) }));
  if (templates.some(({ template }) => ownValue(template, key) !== undefined)) return false;
  if (markKeys.test(key) && (leaderValues.test(value) || followerValues.test(value))) return true;
  return templates.some(
    ({ pod, template }) => template !== undefined && ownValue(pod.metadata.labels, key) !== undefined,
  );
};

/** Whether two values of such a label both mean the one that takes the writes: master before Patroni 4, primary since. */
export const bothMeanLeader = (a: string, b: string): boolean => leaderValues.test(a) && leaderValues.test(b);

/** The labels that the controller of a Pod gave it, where that controller was read. */
function ownTemplateOf(pod: Pod, workloads: readonly Workload[]): Labels | undefined {
  const owner = controllerOf(pod);
  const found =
    owner &&
    workloads.find(
      ({ kind, metadata }) =>
        kind === owner.kind && metadata.name === owner.name && metadata.namespace === pod.metadata.namespace,
    );
  return found && templateLabelsOf(found);
}
