import { isExternalName } from '../../k8s/endpoints.ts';
import { declaresTargets } from '../../k8s/intruders.ts';
import { formatLabels, includesLabels } from '../../k8s/labels.ts';
import { groupByOwner, groupToCome } from '../../k8s/pod-groups.ts';
import { hasSelector, unfinishedPodsOf } from '../../k8s/pods.ts';
import { formatRef, refTo } from '../../k8s/references.ts';
import { selectorPatch } from '../../k8s/selector-miss.ts';
import { demandedLabelsOf, templateLabelsOf, topWorkloads } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'selector/wrong-workload',
  title: 'The Service selects the Pods of another workload',
  why: 'A selector copied from another Service works, and sends everything to the wrong program: all endpoints are ready, and the answers are not those that were asked for.',
  impact: 'breaks',
  explains: ['ports/named-port-unresolved', 'ports/nobody-listens', 'ports/declared-elsewhere'],
  needs: ['service', 'pods', 'workloads'],
  uses: ['services'],
  evaluate({ service, pods, workloads, services = [] }) {
    if (!hasSelector(service) || isExternalName(service)) return notApplicable('the Service has no selector');
    const groups = groupByOwner(unfinishedPodsOf(service, pods), workloads);
    const [reached] = groups;
    const { name, namespace = '' } = service.metadata;
    const namesake = topWorkloads(workloads).find(
      ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
    );
    if (!reached || !namesake) return passed('no other workload has the name of the Service');
    if (
      groups.some(({ workload }) => workload === namesake) ||
      includesLabels(templateLabelsOf(namesake), service.spec.selector ?? {})
    )
      return passed(`it selects the Pods of ${formatRef(refTo(namesake), namespace)}`);
    const theirs = services.find(
      (other) =>
        other.metadata.name !== name && groups.some(({ workload }) => workload?.metadata.name === other.metadata.name),
    );
    const ports =
      declaresTargets(service, groupToCome(namesake)) && !groups.some((group) => declaresTargets(service, group));
    if (!theirs || !ports)
      return passed(`it selects the Pods of ${groups.map((group) => group.name).join(', ')}, which declare its ports`);
    const demanded = demandedLabelsOf(namesake);
    return problem({
      certainty: 'likely',
      summary: `service/${name} selects ${formatLabels(service.spec.selector)}, the Pods of ${reached.name}, which has a Service of its own; ${formatRef(refTo(namesake), namespace)} carries ${formatLabels(demanded)}`,
      evidence: allOf([
        evidence(service, 'spec.selector', formatLabels(service.spec.selector)),
        evidence(namesake, 'spec.template.metadata.labels', formatLabels(templateLabelsOf(namesake))),
        evidence(theirs, 'spec.selector', formatLabels(theirs.spec.selector)),
        ...reached.pods.slice(0, 2).map((pod) => evidence(pod, 'metadata.labels', formatLabels(pod.metadata.labels))),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'pods', '-n', namespace, '-l', formatLabels(service.spec.selector)),
          `Pods of ${reached.name}, none of ${name}`,
        ),
      ],
      fix: {
        explain: `Let service/${name} select ${formatLabels(demanded)}, the Pods of ${formatRef(refTo(namesake), namespace)}.`,
        patch: { object: service, type: 'merge', body: selectorPatch(service, demanded) },
      },
    });
  },
});
