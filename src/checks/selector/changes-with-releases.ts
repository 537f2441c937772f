import { servedByOthers } from '../../k8s/endpoints.ts';
import { formatLabels, includesLabels, ownValue } from '../../k8s/labels.ts';
import type { Labels, Pod, Service, Workload } from '../../k8s/objects.ts';
import { hasSelector, isFinished, isReady, podsSelectedBy } from '../../k8s/pods.ts';
import {
  changesWithReleases,
  formatFound,
  gapsBetween,
  nearestMisses,
  selectorFor,
  selectorPatch,
  selectsNothing,
  type NearestMiss,
} from '../../k8s/selector-miss.ts';
import { podsOwnedBy, topOwnerOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'selector/changes-with-releases',
  title: 'The selector asks for a label that changes with each release',
  why: 'Charts and pipelines write a new value into labels such as app.kubernetes.io/version, helm.sh/chart or a commit with each release. A selector that names one loses the Pods of the next release; select by the labels that last.',
  impact: 'breaks',
  explains: ['selector/no-matching-pods', 'endpoints/none-ready'],
  needs: ['service', 'pods', 'workloads'],
  uses: ['slices'],
  evaluate({ service, pods, workloads, slices = [] }) {
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    const nothing = selectsNothing(service, pods, workloads);
    const near = nothing ? nearestMisses(service, pods, workloads)[0] : leftOut(service, pods, workloads);
    if (!near || near.gaps.length === 0 || !near.gaps.every(({ key }) => changesWithReleases(key, near.group.workload)))
      return passed('no label that changes with releases keeps Pods out');
    if (Object.keys(near.kept).length === 0) return passed('the rest of the selector matches nothing either');
    const wanted = selectorFor(near, pods, workloads);
    const keys = near.gaps.map(({ key }) => key);
    const of = near.group.name;
    const whose = near.group.pods.length > 0 ? `the Pods of ${of}` : `the template of ${of}`;
    return problem({
      certainty: 'certain',
      impact: servedByOthers(service, slices).length > 0 ? 'risks' : nothing ? 'breaks' : 'degrades',
      summary: `The selector asks for ${near.gaps.map(({ key, wanted: value }) => `${key}=${value}`).join(',')}, ${nothing ? whose : `${near.group.pods.length} newer Pods of ${of}`} carry ${near.gaps.map(formatFound).join(', ')}`,
      evidence: allOf([
        ...near.gaps.map(({ key, wanted: value }) => evidence(service, `spec.selector.${key}`, value)),
        ...(near.group.pods.length > 0 ? near.group.pods.slice(0, 3) : [near.group.object]).flatMap((object) =>
          near.gaps.map((gap) =>
            evidence(
              object,
              object.kind === 'Pod' ? `metadata.labels.${gap.key}` : `spec.template.metadata.labels.${gap.key}`,
              formatFound(gap),
            ),
          ),
        ),
        evidence(service, 'spec.selector', `${formatLabels(near.kept)} is what lasts`),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'pods', '-n', service.metadata.namespace ?? '', '-L', keys.join(',')),
          near.gaps.map(formatFound).join(', '),
        ),
      ],
      fix: {
        explain: `Take ${keys.join(' and ')} out of the Service's selector: ${formatLabels(wanted)} stays the same from release to release.`,
        patch: { object: service, type: 'merge', body: selectorPatch(service, wanted) },
      },
    });
  },
});

/** Ready Pods of a workload whose other Pods are selected: left behind by the selector, though a newer release. */
function leftOut(service: Service, pods: readonly Pod[], workloads: readonly Workload[]): NearestMiss | undefined {
  const selector = service.spec.selector ?? {};
  const selected = podsSelectedBy(service, pods);
  for (const owner of new Set(selected.map((pod) => topOwnerOf(pod, workloads)))) {
    if (!owner) continue;
    const lost = podsOwnedBy(owner, pods, workloads).filter(
      (pod) => !isFinished(pod) && isReady(pod) && !includesLabels(pod.metadata.labels, selector),
    );
    const [first] = lost;
    if (!first) continue;
    const gaps = gapsBetween(first.metadata.labels ?? {}, selector);
    const kept: Labels = Object.fromEntries(
      Object.entries(selector).filter(([key, value]) => ownValue(first.metadata.labels, key) === value),
    );
    return {
      group: {
        object: owner,
        workload: owner,
        name: `${owner.kind.toLowerCase()}/${owner.metadata.name}`,
        pods: lost,
        labels: first.metadata.labels ?? {},
        finite: false,
      },
      gaps,
      kept,
      close: true,
      unmistakable: true,
    };
  }
  return undefined;
}
