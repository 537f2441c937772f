import { servedByOthers } from '../../k8s/endpoints.ts';
import { formatLabels, includesLabels, ownValue } from '../../k8s/labels.ts';
import type { Labels, Pod, Service, Workload } from '../../k8s/objects.ts';
import { hasSelector, isFinished, isTerminating, podsSelectedBy } from '../../k8s/pods.ts';
import { formatRef, refTo } from '../../k8s/references.ts';
import { revisionLabels, selectorPatch, selectsNothing, workloadsToCome } from '../../k8s/selector-miss.ts';
import {
  demandedLabelsOf,
  desiredReplicasOf,
  podIndexLabel,
  podNameLabel,
  templateLabelsOf,
  topOwnerOf,
  topWorkloads,
} from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem, type Fix } from '../define.ts';

/** Set by Argo Rollouts on a Service whose selector it writes. */
const managedByRollout = 'argo-rollouts.argoproj.io/managed-by-rollouts';

export default defineCheck({
  id: 'selector/pinned-to-a-rollout',
  title: 'The selector is pinned to one rollout or one Pod',
  why: 'Controllers stamp Pods with labels such as pod-template-hash that change with every rollout, or that name a single Pod. A selector copied from a Pod keeps the old value and matches nothing once that Pod is replaced.',
  impact: 'breaks',
  explains: ['selector/no-matching-pods', 'endpoints/none-ready', 'endpoints/scaled-to-zero', 'endpoints/terminating'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'slices'],
  evaluate({ service, pods, workloads = [], slices = [] }) {
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    const selector = service.spec.selector ?? {};
    const pinned = revisionLabels.filter((label) => ownValue(selector, label) !== undefined);
    const [label] = pinned;
    if (!label) return passed('the selector names no label of a single rollout');
    const rest = Object.fromEntries(Object.entries(selector).filter(([key]) => !pinned.includes(key)));
    const running = pods.filter((pod) => !isFinished(pod));
    const successors = successorsOf(service, rest, running, workloads);
    const idle = pinned.some(isPodName) ? [] : idleBehind(service, running, successors, workloads);
    const nothing = idle.length > 0 || selectsNothing(service, pods, workloads);
    const shutsOut = !nothing && missesTheNewest(service, running, successors, workloads, pinned);
    const goesStale = pinned.some((key) => key === 'pod-template-hash' || key === 'controller-revision-hash');
    if (!nothing && !goesStale) return passed(`${pinned.join(' and ')} still matches the running Pods`);
    const templates = topWorkloads(workloads).filter(
      (workload) => Object.keys(rest).length > 0 && includesLabels(templateLabelsOf(workload), rest),
    );
    if (nothing && successors.length === 0 && templates.length === 0)
      return passed('nothing matches the rest of the selector either');
    const now = [...new Set(successors.map((pod) => ownValue(pod.metadata.labels, label) ?? `no ${label}`))]
      .slice(0, 4)
      .join(', ');
    const owner = successors[0] ? topOwnerOf(successors[0], workloads) : templates[0];
    const of = owner ? formatRef(refTo(owner), service.metadata.namespace) : 'the same labels';
    return problem({
      certainty: 'certain',
      impact: nothing
        ? servedByOthers(service, slices).length > 0
          ? 'risks'
          : 'breaks'
        : shutsOut
          ? 'degrades'
          : 'risks',
      summary:
        !nothing && !shutsOut
          ? `The selector asks for ${label}=${selector[label]}: that holds until the next rollout of ${of} gives its Pods another value`
          : idle.length > 0
            ? `The selector asks for ${label}=${selector[label]}, which belongs to ${idle.map(nameOf).join(', ')} at 0 replicas; the Pods of ${of} carry ${now}`
            : `The selector asks for ${label}=${selector[label]}, ${isPodName(label) ? `which no Pod of ${of} is called` : `an old rollout of ${of}`}; ${successors.length > 0 ? `its Pods now carry ${now}` : 'its template matches but for that'}`,
      evidence: allOf([
        ...pinned.map((key) => evidence(service, `spec.selector.${key}`, selector[key])),
        ...(service.metadata.annotations?.[managedByRollout] === undefined
          ? []
          : [
              evidence(
                service,
                `metadata.annotations.${managedByRollout}`,
                service.metadata.annotations[managedByRollout],
              ),
            ]),
        ...successors
          .slice(0, 3)
          .map((pod) => evidence(pod, `metadata.labels.${label}`, ownValue(pod.metadata.labels, label) ?? 'absent')),
        ...[...(owner ? [owner] : []), ...idle].map((each) =>
          evidence(each, 'spec.replicas', `${each.spec.replicas ?? 1}`),
        ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'pods', '-n', service.metadata.namespace ?? '', '-l', formatLabels(selector)),
          nothing ? 'No resources found' : 'only the Pods of that one rollout',
        ),
        confirm(
          kubectl('get', 'pods', '-n', service.metadata.namespace ?? '', '-L', pinned.join(',')),
          `${now || 'no Pods'}, not ${selector[label]}`,
        ),
      ],
      fix: fixOf(service, pinned, rest, owner, successors),
    });
  },
});

const isPodName = (label: string): boolean => label === podNameLabel || label === podIndexLabel;

const nameOf = (workload: Workload): string => `${workload.kind} ${workload.metadata.name}`;

/** Workloads at 0 replicas that alone have the label, while Pods of another one match but for it: they are the past, not what sleeps. */
function idleBehind(
  service: Service,
  running: readonly Pod[],
  successors: readonly Pod[],
  workloads: readonly Workload[],
): readonly Workload[] {
  const reached = workloadsToCome(service, workloads);
  const asleep = reached.every((workload) => desiredReplicasOf(workload) === 0);
  const selected = podsSelectedBy(service, running).filter((pod) => !isTerminating(pod));
  const others = successors.filter((pod) => {
    const owner = topOwnerOf(pod, workloads);
    return !isTerminating(pod) && (!owner || !reached.includes(owner));
  });
  return asleep && selected.length === 0 && others.length > 0 ? reached : [];
}

/** The Pods that the selector would find without its pins; where it is nothing but a pin, those with the name it means. */
function successorsOf(
  service: Service,
  rest: Labels,
  running: readonly Pod[],
  workloads: readonly Workload[],
): readonly Pod[] {
  if (Object.keys(rest).length > 0) return running.filter((pod) => includesLabels(pod.metadata.labels, rest));
  const asked = service.spec.selector?.[podNameLabel] ?? '';
  const set = asked === '' ? service.metadata.name : asked.replace(/-\d+$/, '');
  return running.filter((pod) => topOwnerOf(pod, workloads)?.metadata.name === set);
}

/** Whether the hash still holds some Pods, while the same workload already runs newer ones that it shuts out. */
function missesTheNewest(
  service: Service,
  running: readonly Pod[],
  successors: readonly Pod[],
  workloads: readonly Workload[],
  pinned: readonly string[],
): boolean {
  if (!pinned.includes('pod-template-hash') || pinned.length > 1) return false;
  const selected = podsSelectedBy(service, running);
  const owners = new Set(selected.map((pod) => topOwnerOf(pod, workloads)));
  const newer = successors.filter(
    (pod) =>
      !selected.includes(pod) &&
      owners.has(topOwnerOf(pod, workloads)) &&
      topOwnerOf(pod, workloads)?.kind === 'Deployment',
  );
  const born = (pod: Pod) => Date.parse(pod.metadata.creationTimestamp ?? '');
  return newer.some((pod) => selected.every((old) => born(pod) > born(old)));
}

function fixOf(
  service: Service,
  pinned: readonly string[],
  rest: Labels,
  owner: Workload | undefined,
  successors: readonly Pod[],
): Fix {
  const podName = service.spec.selector?.[podNameLabel];
  const [pod] = successors;
  if (podName !== undefined && pinned.length === 1 && pod && owner)
    return {
      explain: `Select a Pod that exists, such as ${pod.metadata.name}; or scale ${formatRef(refTo(owner), service.metadata.namespace)} up until it has ${podName}; or leave ${podNameLabel} out, where any Pod will do.`,
      patch: { object: service, type: 'merge', body: { spec: { selector: { [podNameLabel]: pod.metadata.name } } } },
    };
  const lasting = Object.keys(rest).length > 0 ? rest : owner ? demandedLabelsOf(owner) : {};
  const byRollouts = pinned.includes('rollouts-pod-template-hash');
  return {
    explain: `Remove ${pinned.join(' and ')} from the Service's selector; ${formatLabels(lasting)} stays the same across rollouts.${byRollouts ? ' Argo Rollouts writes that label into the Services of a Rollout: where a Rollout still names this Service, its controller has to write the new hash, and the annotation managed-by-rollouts goes with the label.' : ''}`,
    patch: { object: service, type: 'merge', body: selectorPatch(service, lasting) },
  };
}
