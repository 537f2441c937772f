import { conditionOf, hasSelector, isFinished, isTerminating } from '../../k8s/pods.ts';
import { podsBehind } from '../../k8s/pod-troubles.ts';
import { topOwnerOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'endpoints/terminating',
  title: 'All Pods are being deleted',
  why: 'A Pod with a deletionTimestamp is no ready endpoint, even while its containers still answer. It stays in the API until kubelet has stopped it and every finalizer is gone.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'now', 'nodes'],
  evaluate({ service, pods, workloads = [], now = Number.NaN, nodes = [] }) {
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    const { selected } = podsBehind(service, pods);
    const alive = selected.filter((pod) => !isFinished(pod) || isTerminating(pod));
    const [pod] = alive;
    if (!pod) return notApplicable('no Pod is there');
    if (!alive.every(isTerminating)) return passed('not all Pods are being deleted');
    const since = pod.metadata.deletionTimestamp ?? '';
    const overdue = Math.floor((now - Date.parse(since)) / 60_000);
    const finalizers = [...new Set(alive.flatMap((each) => each.metadata.finalizers ?? []))].join(', ');
    const owner = topOwnerOf(pod, workloads);
    const namespace = service.metadata.namespace ?? '';
    const dead = nodes.find(
      (node) => node.metadata.name === pod.spec.nodeName && conditionOf(node, 'Ready')?.status !== 'True',
    );
    const silence = dead && conditionOf(dead, 'Ready');
    const whoHolds = dead
      ? `${alive.length === 1 ? 'its' : 'their'} node ${dead.metadata.name} is NotReady (${silence?.reason ?? 'no condition Ready'}), so nobody confirms that ${alive.length === 1 ? 'it has' : 'they have'} stopped`
      : finalizers
        ? `the finalizer ${finalizers} holds ${alive.length === 1 ? 'it' : 'them'}`
        : overdue > 0
          ? `${overdue} min past the grace period, and kubelet has not finished`
          : 'no other Pod has taken over';
    return problem({
      certainty: 'certain',
      summary: `${alive.length === 1 ? `Pod ${pod.metadata.name} is` : `All ${alive.length} Pods are`} Terminating since ${since}: ${whoHolds}`,
      evidence: allOf([
        ...(dead
          ? [
              evidence(
                dead,
                'status.conditions[Ready]',
                [silence?.status, silence?.reason, silence?.message].filter(Boolean).join(': '),
              ),
            ]
          : []),
        ...alive
          .slice(0, 3)
          .flatMap((each) => [
            evidence(each, 'metadata.deletionTimestamp', each.metadata.deletionTimestamp ?? ''),
            ...(each.metadata.finalizers?.length
              ? [evidence(each, 'metadata.finalizers', each.metadata.finalizers.join(', '))]
              : []),
            evidence(each, 'spec.nodeName', each.spec.nodeName ?? 'none'),
          ]),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'pods', '-n', namespace, '-o', 'wide'),
          'STATUS Terminating for every Pod of the Service',
        ),
      ],
      fix: {
        explain: finalizers
          ? `Find the controller that owns the finalizer ${finalizers} and let it finish; only if it is gone for good, remove the finalizer from the Pod.`
          : `${owner ? `${owner.kind} ${owner.metadata.name} makes new Pods when these are gone` : 'Nobody makes new Pods: these have no owner'}. If the node is dead, delete its Node object, so that they can go.`,
      },
    });
  },
});
