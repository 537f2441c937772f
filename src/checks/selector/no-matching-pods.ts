import { isExternalName, servedByOthers } from '../../k8s/endpoints.ts';
import { formatLabels, ownValue } from '../../k8s/labels.ts';
import type { Pod, Service, Workload } from '../../k8s/objects.ts';
import type { PodGroup } from '../../k8s/pod-groups.ts';
import { hasSelector, isFinished, podsSelectedBy } from '../../k8s/pods.ts';
import { formatRef, refTo } from '../../k8s/references.ts';
import {
  changesWithReleases,
  formatCarried,
  formatFound,
  lastingLabels,
  nearestMisses,
  selectorFor,
  selectorPatch,
  workloadsToCome,
  type NearestMiss,
} from '../../k8s/selector-miss.ts';
import { demandedLabelsOf } from '../../k8s/workloads.ts';
import {
  allOf,
  confirm,
  defineCheck,
  evidence,
  kubectl,
  notApplicable,
  passed,
  problem,
  type Evidence,
  type Fix,
} from '../define.ts';

export default defineCheck({
  id: 'selector/no-matching-pods',
  title: 'The Service selects no Pods',
  why: 'A Service forwards to the Pods of its namespace whose labels include every pair of its selector, letter for letter. With one pair wrong it selects nothing, and nothing answers.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'endpoints/all-finished', 'endpoints/only-a-job'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'services', 'slices'],
  evaluate({ service, pods, workloads, services, slices = [] }) {
    if (isExternalName(service)) return notApplicable('an ExternalName Service selects nothing: it is an alias in DNS');
    if (!hasSelector(service)) return notApplicable('it has no selector: others write its endpoints');
    const { name, namespace = '' } = service.metadata;
    const asked = formatLabels(service.spec.selector);
    const selected = podsSelectedBy(service, pods);
    const running = selected.filter((pod) => !isFinished(pod)).length;
    if (running > 0) return passed(`${running} ${running === 1 ? 'Pod matches' : 'Pods match'} ${asked}`);
    const toCome = workloadsToCome(service, workloads ?? []).map((workload) => formatRef(refTo(workload), namespace));
    if (toCome.length > 0) return passed(`the template of ${toCome.join(' and ')} matches ${asked}`);
    const misses = nearestMisses(service, pods, workloads ?? [], services);
    const near = misses.find(({ close }, place) => place === 0 && (close || misses.length === 1));
    if (selected.length > 0 && !near?.unmistakable) return passed(`the Pods that match ${asked} have run to their end`);
    const [other] = servedByOthers(service, slices);
    return problem({
      certainty: other ? 'possible' : workloads ? 'certain' : 'likely',
      ...(other ? { impact: 'risks' } : {}),
      summary: `${near ? summaryOf(service, near) : nothingLike(service, pods)}${other ? `; slice ${other.slice.metadata.name} serves instead` : ''}`,
      evidence: allOf([
        evidence(service, 'spec.selector', asked),
        ...(near ? evidenceOf(near) : misses.slice(0, 4).map(({ group }) => labelsOf(group))),
        ...(other ? [evidence(other.slice, 'endpoints', `${other.endpoint.addresses.join(', ')} is ready`)] : []),
      ]),
      confirm: [
        confirm(kubectl('get', 'pods', '-n', namespace, '-l', asked), 'No resources found'),
        confirm(kubectl('get', 'pods', '-n', namespace, '--show-labels'), 'the labels that the Pods do carry'),
      ],
      fix: near
        ? fixOf(service, near, pods, workloads ?? [])
        : {
            explain: `Make the selector of service/${name} equal to labels of the Pods it is meant for, or deploy what carries ${asked}.`,
          },
    });
  },
});

const nothingLike = (service: Service, pods: readonly Pod[]): string =>
  `No Pod in ${service.metadata.namespace} carries ${formatLabels(service.spec.selector)}, and no workload would make one${pods.length === 0 ? ': there are no Pods at all' : ''}`;

/** One wrong pair in full, several in short. */
function summaryOf(service: Service, { group, gaps, kept }: NearestMiss): string {
  const running = group.pods.length > 0;
  const whose = `${running ? 'the Pods' : 'the template'} of ${group.name}`;
  const carry = running ? 'carry' : 'has';
  const [gap] = gaps;
  if (gap && gaps.length === 1 && gap.kind === 'missing' && formatCarried(gap, group) !== formatFound(gap))
    return `The selector asks for ${gap.key}=${gap.wanted}, ${whose} ${carry} ${formatCarried(gap, group)}`;
  if (gap && gaps.length === 1 && gap.kind === 'missing')
    return `${whose.replace('t', 'T')} ${running ? 'match' : 'matches'} but for ${gap.key}=${gap.wanted}, which ${running ? 'they lack' : 'it lacks'}`;
  if (gap && gaps.length === 1)
    return `The selector asks for ${gap.key}=${gap.wanted}, ${whose} ${carry} ${formatFound(gap)}${gap.kind === 'case' ? ': labels are case-sensitive' : ''}`;
  const rest = Object.keys(kept).length;
  const summary = `The selector asks for ${gaps.map(({ key, wanted }) => `${key}=${wanted}`).join(',')}; ${whose} ${carry} ${gaps.map(formatFound).join(', ')}`;
  return summary.length < 230
    ? summary
    : `${gaps.length} of ${gaps.length + rest} labels in the selector differ from those that ${whose} ${carry}`;
}

const labelsPath = ({ workload }: PodGroup): string =>
  workload?.kind === 'CronJob'
    ? 'spec.jobTemplate.spec.template.metadata.labels'
    : workload
      ? 'spec.template.metadata.labels'
      : 'metadata.labels';

const labelsOf = (group: PodGroup): Evidence =>
  evidence(group.object, labelsPath(group), formatLabels(lastingLabels(group.labels)) || 'none');

const evidenceOf = ({ group, gaps }: NearestMiss): readonly Evidence[] => [
  ...gaps.map((gap) =>
    evidence(
      group.object,
      labelsPath(group),
      `${formatCarried(gap, group)} where ${gap.key}=${gap.wanted} is asked for`,
    ),
  ),
  ...group.pods.slice(0, 2).map((pod) => evidence(pod, 'metadata.labels', formatLabels(pod.metadata.labels) || 'none')),
];

function fixOf(service: Service, near: NearestMiss, pods: readonly Pod[], workloads: readonly Workload[]): Fix {
  const wanted = selectorFor(near, pods, workloads);
  const asked = near.gaps.map((gap) => `${gap.key}=${gap.wanted}`).join(',');
  if (Object.keys(wanted).length === 0)
    return {
      explain: `Give the Pods of ${near.group.name} the labels ${asked}: they carry none that the Service could select.`,
    };
  const changing = near.gaps.filter(({ key }) => changesWithReleases(key, near.group.workload)).map(({ key }) => key);
  const demanded = near.group.workload ? demandedLabelsOf(near.group.workload) : {};
  const otherSide = near.gaps.every(
    ({ key, kind }) => (kind === 'missing' || kind === 'value') && ownValue(demanded, key) === undefined,
  );
  return {
    explain: [
      `Let the Service select ${formatLabels(wanted)}, which the Pods of ${near.group.name} carry.`,
      ...(changing.length > 0 ? [`Leave ${changing.join(', ')} out: it changes with each release.`] : []),
      ...(changing.length === 0 && otherSide
        ? [`If the selector is the right one, write ${asked} into the template of ${near.group.name} instead.`]
        : []),
    ].join(' '),
    patch: { object: service, type: 'merge', body: selectorPatch(service, wanted) },
  };
}
