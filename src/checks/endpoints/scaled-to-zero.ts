import { idlenessOf } from '../../k8s/autoscaling.ts';
import { servedByOthers } from '../../k8s/endpoints.ts';
import { formatLabels } from '../../k8s/labels.ts';
import { refArgs, refTo } from '../../k8s/references.ts';
import { readyVariantOf, type Variant } from '../../k8s/variants.ts';
import { desiredReplicasOf, templateLabelsOf } from '../../k8s/workloads.ts';
import { confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem, type Fix } from '../define.ts';
import type { KubeObject, Service, Workload } from '../../k8s/objects.ts';
import { absentPods } from './absent-pods.ts';

export default defineCheck({
  id: 'endpoints/scaled-to-zero',
  title: 'The workload is scaled to 0 replicas',
  why: 'With replicas 0 a controller runs no Pod at all. KEDA, Knative or an HPA with minReplicas 0 do that on purpose and wake the workload when work comes; a workload scaled down by hand stays down.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'endpoints/terminating', 'endpoints/all-finished'],
  needs: ['service', 'pods', 'workloads'],
  uses: ['autoscalers', 'scaledObjects', 'slices'],
  evaluate(facts) {
    const { service } = facts;
    const found = absentPods(service, facts.pods, facts.workloads);
    if (found.outcome !== 'absent') return found;
    const scalable = found.workloads.filter((workload) => desiredReplicasOf(workload) !== undefined);
    const [workload] = scalable;
    if (!workload) return notApplicable('no workload with a number of replicas is selected');
    if (scalable.some((each) => desiredReplicasOf(each) !== 0)) return passed('replicas are asked for');
    const idle = idlenessOf(workload, service, facts);
    const { kind, metadata } = workload;
    if (idle.kind === 'sleeps')
      return passed(
        `idle on purpose: ${kind} ${metadata.name} is scaled to 0 by ${idle.by}, which wakes it when there is work`,
      );
    const hpa = facts.autoscalers?.find(
      ({ spec }) => spec.scaleTargetRef.kind === kind && spec.scaleTargetRef.name === metadata.name,
    );
    const variant =
      idle.kind === 'by hand' ? readyVariantOf(service, workload, facts.pods, facts.workloads) : undefined;
    return problem({
      certainty: 'certain',
      ...(servedByOthers(service, facts.slices ?? []).length > 0 ? { impact: 'risks' } : {}),
      summary: `${kind} ${metadata.name} is scaled to 0 replicas${idle.kind === 'held' ? `, and ${idle.by} keeps it there` : hpa ? `; HorizontalPodAutoscaler ${hpa.metadata.name} does not scale up from 0` : ' by hand: no autoscaler explains it'}${variant ? `; ${variant.group.name} (${variant.key}=${variant.value}) has ${variant.group.pods.length} ready Pods` : ''}`,
      evidence: [
        evidence(workload, 'spec.replicas', '0'),
        evidence(workload, 'spec.template.metadata.labels', formatLabels(templateLabelsOf(workload))),
        ...(variant
          ? [
              evidence(service, `spec.selector.${variant.key}`, service.spec.selector?.[variant.key]),
              ...variant.group.pods
                .slice(0, 2)
                .map((pod) =>
                  evidence(pod, `metadata.labels.${variant.key}`, `${variant.value}, and the Pod is Ready`),
                ),
            ]
          : []),
        ...(idle.kind === 'held' ? [evidence(idle.object, idle.path, idle.saw)] : []),
        ...(hpa
          ? [
              evidence(hpa, 'spec.minReplicas', `${hpa.spec.minReplicas ?? 1}`),
              evidence(hpa, 'status.currentReplicas', `${hpa.status?.currentReplicas ?? 0}`),
            ]
          : []),
      ],
      confirm: [confirm(kubectl('get', ...refArgs(refTo(workload))), 'READY 0/0')],
      fix:
        idle.kind === 'held' ? releaseFrom(idle) : variant ? switchTo(variant, service, workload) : scaleUp(workload),
    });
  },
});

const scaleUp = (workload: Workload): Fix => ({
  explain: `Scale ${workload.kind} ${workload.metadata.name} up to as many replicas as it had.`,
  patch: { object: workload, type: 'merge', body: { spec: { replicas: 1 } } },
});

/** The other colour runs: going there is safer than starting what somebody has stopped. */
const switchTo = ({ group, key, value }: Variant, service: Service, workload: Workload): Fix => ({
  explain: `Let Service ${service.metadata.name} select ${key}=${value} again: the Pods of ${group.name} are ready. If ${workload.kind} ${workload.metadata.name} is the one that is meant, scale it up instead.`,
  patch: { object: service, type: 'merge', body: { spec: { selector: { [key]: value } } } },
});

function releaseFrom({
  by,
  object,
  path,
}: {
  readonly by: string;
  readonly object: KubeObject;
  readonly path: string;
}): Fix {
  const annotation = /^metadata\.annotations\[(autoscaling\.keda\.sh\/.+)\]$/.exec(path)?.[1];
  if (annotation)
    return {
      explain: `Remove the annotation that pauses ${by}.`,
      patch: { object, type: 'merge', body: { metadata: { annotations: { [annotation]: null } } } },
    };
  return { explain: `Mend what ${by} says at ${path}; as long as it stands, scaling up by hand does not last.` };
}
