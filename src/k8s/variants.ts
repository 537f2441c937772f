import { formatLabels, includesLabels, ownValue } from './labels.ts';
import type { Pod, Service, Workload } from './objects.ts';
import { groupByOwner, type PodGroup } from './pod-groups.ts';
import { isFinished, isReady, isTerminating } from './pods.ts';
import { templateLabelsOf } from './workloads.ts';

/** Another version of one program, told apart by one label: blue beside green, v2 beside v1. */
export interface Variant {
  readonly group: PodGroup;
  readonly key: string;
  readonly value: string;
}

const variantKey = /(^|[/._-])(colou?r|slot|version|track|generation|variant)$/i;
const variantValues =
  /^(blue|green|red|black|white|purple|a|b|old|new|prev(ious)?|current|stable|canary|v?\d+([.-]\d+)*)$/i;

/** Ready Pods that match a selector but for such a label, where the workload that it reaches has none. */
export function readyVariantOf(
  service: Service,
  workload: Workload,
  pods: readonly Pod[],
  workloads: readonly Workload[],
): Variant | undefined {
  const selector = service.spec.selector ?? {};
  const alive = pods.filter(
    (pod) =>
      pod.metadata.namespace === service.metadata.namespace && isReady(pod) && !isFinished(pod) && !isTerminating(pod),
  );
  for (const [key, wanted] of Object.entries(selector)) {
    const rest = Object.fromEntries(Object.entries(selector).filter(([other]) => other !== key));
    if (formatLabels(rest) === '' || ownValue(templateLabelsOf(workload), key) !== wanted) continue;
    const near = alive.filter((pod) => includesLabels(pod.metadata.labels, rest));
    const [group] = groupByOwner(near, workloads);
    const value = group && ownValue(group.labels, key);
    if (!group || value === undefined || value === wanted || group.workload === workload || group.finite) continue;
    if (variantKey.test(key) || (variantValues.test(wanted) && variantValues.test(value))) return { group, key, value };
  }
  return undefined;
}
