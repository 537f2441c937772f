import { servedByOthers } from '../../k8s/endpoints.ts';
import { formatLabels, includesLabels, ownValue } from '../../k8s/labels.ts';
import { hasSelector } from '../../k8s/pods.ts';
import { formatRef, refTo } from '../../k8s/references.ts';
import { changesWithReleases, gapsBetween, lastingLabels, selectsNothing } from '../../k8s/selector-miss.ts';
import { demandedLabelsOf, templateLabelsOf, topWorkloads } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'selector/label-not-on-template',
  title: 'The label stands on the workload, not on its Pods',
  why: 'A Service selects Pods, never Deployments. The labels under metadata.labels of a workload are its own; its Pods get those under spec.template.metadata.labels.',
  impact: 'breaks',
  explains: ['selector/no-matching-pods', 'endpoints/none-ready'],
  needs: ['service', 'pods', 'workloads'],
  uses: ['slices'],
  evaluate({ service, pods, workloads, slices = [] }) {
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    if (!selectsNothing(service, pods, workloads)) return passed('the labels it selects are on Pods or templates');
    const selector = service.spec.selector ?? {};
    const mislaid = topWorkloads(workloads)
      .filter((workload) => includesLabels({ ...workload.metadata.labels, ...templateLabelsOf(workload) }, selector))
      .filter((workload) =>
        gapsBetween(templateLabelsOf(workload), selector).some(({ key }) => !changesWithReleases(key, workload)),
      );
    const [workload] = mislaid;
    if (!workload) return passed('no workload has the labels on itself alone');
    const gaps = gapsBetween(templateLabelsOf(workload), selector);
    const missing = Object.fromEntries(gaps.map(({ key, wanted }) => [key, wanted]));
    const { name, namespace = '' } = workload.metadata;
    const of = formatRef(refTo(workload), namespace);
    const pod = pods.find((candidate) => includesLabels(candidate.metadata.labels, templateLabelsOf(workload)));
    const path =
      workload.kind === 'CronJob' ? 'spec.jobTemplate.spec.template.metadata.labels' : 'spec.template.metadata.labels';
    const body = { template: { metadata: { labels: missing } } };
    return problem({
      certainty: 'certain',
      ...(servedByOthers(service, slices).length > 0 ? { impact: 'risks' } : {}),
      summary: `${formatLabels(missing)} is a label of ${of} itself, not of its template: its Pods do not get it`,
      evidence: allOf([
        evidence(service, 'spec.selector', formatLabels(selector)),
        ...gaps.map(({ key }) => evidence(workload, `metadata.labels.${key}`, ownValue(workload.metadata.labels, key))),
        evidence(workload, path, formatLabels(templateLabelsOf(workload)) || 'none'),
        ...(pod ? [evidence(pod, 'metadata.labels', formatLabels(lastingLabels(pod.metadata.labels)))] : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', refTo(workload).kind, name, '-n', namespace, '-o', `jsonpath={.${path}}`),
          `no ${Object.keys(missing).join(', no ')}`,
        ),
      ],
      fix: {
        explain: `Add ${formatLabels(missing)} to ${path} of ${of}, beside ${formatLabels(demandedLabelsOf(workload)) || 'what is there'}; its Pods are replaced by ones that carry it.`,
        patch: {
          object: workload,
          type: 'strategic',
          body: { spec: workload.kind === 'CronJob' ? { jobTemplate: { spec: body } } : body },
        },
      },
    });
  },
});
