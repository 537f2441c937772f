import { creationFailureOf } from '../../k8s/creation-failures.ts';
import { refArgs, refTo } from '../../k8s/references.ts';
import { isTerminating } from '../../k8s/pods.ts';
import { lineageOf, podsOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';
import { absentPods, livingPodsOf, wantPods } from './absent-pods.ts';

export default defineCheck({
  id: 'endpoints/controller-idle',
  title: 'The workload makes no Pods',
  why: 'Between a workload and its Pods stand controllers of kube-controller-manager. They note the generation they have seen in status.observedGeneration; where it lags or is missing, they do not act.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods', 'workloads'],
  uses: ['events'],
  evaluate({ service, pods, workloads, events = [] }) {
    const found = absentPods(service, pods, workloads);
    if (found.outcome !== 'absent') return found;
    const idle = wantPods(found.workloads).find((workload) => livingPodsOf(workload, pods, workloads).length === 0);
    if (!idle) return notApplicable('no workload without Pods is asked for some');
    if (creationFailureOf(idle, workloads, events)) return passed('it tries, and is refused');
    if (idle.spec.paused && !idle.metadata.deletionTimestamp)
      return passed('its rollout is paused: nothing is to be made');
    if (idle.kind === 'DaemonSet' && idle.status?.desiredNumberScheduled === 0 && !idle.metadata.deletionTimestamp)
      return passed('no node fits it: nothing is to be made');
    const { kind, metadata, spec, status } = idle;
    // These controllers make no Pod in the place of one that is still there.
    const waits = (kind === 'StatefulSet' || kind === 'DaemonSet') && !metadata.deletionTimestamp;
    if (waits && podsOf(idle, pods, workloads).some(isTerminating))
      return passed('it waits for Pods that are being deleted');
    const seen = status?.observedGeneration;
    const behind = metadata.generation !== undefined && seen !== undefined && seen < metadata.generation;
    const deleted = metadata.deletionTimestamp;
    const unseen = seen === undefined && status?.replicas === undefined && status?.desiredNumberScheduled === undefined;
    const why = deleted
      ? `is being deleted since ${deleted}`
      : behind
        ? `is at generation ${metadata.generation}, and its controller has seen ${seen} only: it does not act`
        : unseen
          ? 'has no status: no controller has ever looked at it'
          : 'has no Pod, and no controller says why';
    return problem({
      certainty: deleted || behind ? 'certain' : 'likely',
      summary: `${kind} ${metadata.name} ${why}`,
      evidence: allOf([
        evidence(idle, 'spec.replicas', spec.replicas === undefined ? 'absent' : `${spec.replicas}`),
        evidence(idle, 'status.replicas', `${status?.replicas ?? 'absent'}`),
        ...(deleted ? [evidence(idle, 'metadata.deletionTimestamp', deleted)] : []),
        ...(metadata.finalizers?.length ? [evidence(idle, 'metadata.finalizers', metadata.finalizers.join(', '))] : []),
        evidence(
          idle,
          'status.observedGeneration',
          `${seen ?? 'absent'} of generation ${metadata.generation ?? 'unknown'}`,
        ),
        ...lineageOf(idle, workloads)
          .slice(1, 4)
          .map((each) => evidence(each, 'spec.replicas', `${each.spec.replicas ?? 0}`)),
      ]),
      confirm: [
        confirm(
          kubectl('describe', ...refArgs(refTo(idle))),
          deleted ? 'a deletion timestamp' : 'no Pods, and no event that tells why',
        ),
        ...(deleted
          ? []
          : [
              confirm(
                kubectl('get', 'lease', 'kube-controller-manager', '-n', 'kube-system'),
                'a leader whose renewTime is now',
              ),
            ]),
      ],
      fix: {
        explain: deleted
          ? `Wait until ${kind} ${metadata.name} is gone and create it anew, or let the Service select its successor.`
          : kind === 'Rollout'
            ? 'Look at the Argo Rollouts controller: it makes the ReplicaSets of a Rollout.'
            : 'Look at kube-controller-manager: it runs the controllers that make Pods. Managed clusters show its state in their console.',
      },
    });
  },
});
