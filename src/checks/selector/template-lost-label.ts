import { formatLabels, includesLabels } from '../../k8s/labels.ts';
import { hasSelector, isFinished, unfinishedPodsOf } from '../../k8s/pods.ts';
import { formatRef, refTo } from '../../k8s/references.ts';
import { changesWithReleases, gapsBetween, revisionLabels } from '../../k8s/selector-miss.ts';
import { controllerOf, podsOf, templateLabelsOf, topOwnerOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'selector/template-lost-label',
  title: 'The next Pods will not carry what the Service selects',
  why: 'The Pods that run were made from an older template. Those that replace them get the labels of the new one, and the Service loses one after the other.',
  impact: 'risks',
  needs: ['service', 'pods', 'workloads'],
  evaluate({ service, pods, workloads }) {
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    const selector = service.spec.selector ?? {};
    const lasting = Object.fromEntries(Object.entries(selector).filter(([key]) => !revisionLabels.includes(key)));
    const selected = unfinishedPodsOf(service, pods);
    const losing = selected.find((pod) => {
      const top = topOwnerOf(pod, workloads);
      if (top?.kind !== 'Deployment' || includesLabels(templateLabelsOf(top), lasting)) return false;
      const owner = controllerOf(pod);
      const replicaSet = workloads.find(({ kind, metadata }) => kind === owner?.kind && metadata.name === owner.name);
      return replicaSet?.kind === 'ReplicaSet' && includesLabels(templateLabelsOf(replicaSet), lasting);
    });
    const deployment = losing && topOwnerOf(losing, workloads);
    if (!losing || !deployment) return passed('the templates of its Pods match the selector too');
    const gaps = gapsBetween(templateLabelsOf(deployment), lasting);
    if (gaps.every(({ key }) => changesWithReleases(key, deployment)))
      return passed('only labels that change with releases differ');
    const missing = Object.fromEntries(gaps.map(({ key, wanted }) => [key, wanted]));
    const of = formatRef(refTo(deployment), service.metadata.namespace);
    const newer = podsOf(deployment, pods, workloads).filter((pod) => !isFinished(pod) && !selected.includes(pod));
    return problem({
      certainty: 'certain',
      impact: newer.length > 0 ? 'degrades' : 'risks',
      summary: `The template of ${of} has no ${formatLabels(missing)} any more: ${newer.length > 0 ? `${newer.length} new Pods are without it already` : 'the Pods that match are the last ones'}`,
      evidence: allOf([
        evidence(service, 'spec.selector', formatLabels(selector)),
        evidence(deployment, 'spec.template.metadata.labels', formatLabels(templateLabelsOf(deployment)) || 'none'),
        evidence(losing, 'metadata.labels', formatLabels(losing.metadata.labels)),
        ...newer.slice(0, 2).map((pod) => evidence(pod, 'metadata.labels', formatLabels(pod.metadata.labels))),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'deployment',
            deployment.metadata.name,
            '-n',
            service.metadata.namespace ?? '',
            '-o',
            'jsonpath={.spec.template.metadata.labels}',
          ),
          `no ${formatLabels(missing)}`,
        ),
      ],
      fix: {
        explain: `Put ${formatLabels(missing)} back into the template of ${of}, or let the Service select what its new Pods carry.`,
        patch: {
          object: deployment,
          type: 'strategic',
          body: { spec: { template: { metadata: { labels: missing } } } },
        },
      },
    });
  },
});
