import { hasSelector, isFinished } from '../../k8s/pods.ts';
import { podsBehind } from '../../k8s/pod-troubles.ts';
import { topOwnerOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';
import { brief } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/all-finished',
  title: 'All Pods have run to their end',
  why: 'A Pod in phase Succeeded or Failed (Completed, Error, Evicted) never runs again and is left out of the endpoints. Only an owner such as a Deployment makes a new one.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'events'],
  evaluate(facts) {
    const { service, pods, workloads = [] } = facts;
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    const { selected, troubled } = podsBehind(service, pods, facts);
    const [pod] = selected;
    if (!pod) return notApplicable('nothing is selected');
    const ended = troubled.flatMap(({ pod: each, trouble }) =>
      trouble.kind === 'finished' ? [{ pod: each, trouble }] : [],
    );
    const [first] = ended;
    if (!first || !selected.every(isFinished)) return passed('some Pods have not ended');
    const owner = topOwnerOf(first.pod, workloads);
    const { reason, message, phase } = first.trouble;
    const namespace = service.metadata.namespace ?? '';
    const nobody = owner === undefined && !first.pod.metadata.ownerReferences?.length;
    return problem({
      certainty: 'certain',
      summary: `${ended.length === 1 ? `Pod ${first.pod.metadata.name} is` : `All ${ended.length} Pods are`} ${phase} (${reason})${message ? `: ${brief(message, 100)}` : ''}${nobody ? '; nothing makes a new one' : ''}`,
      evidence: allOf([
        ...ended
          .slice(0, 3)
          .map(({ pod: each, trouble }) =>
            evidence(
              each,
              'status.phase',
              `${trouble.phase}: ${trouble.reason}${trouble.message ? `: ${brief(trouble.message, 200)}` : ''}`,
            ),
          ),
        evidence(
          first.pod,
          'metadata.ownerReferences',
          owner ? `${owner.kind} ${owner.metadata.name}` : (first.pod.metadata.ownerReferences?.[0]?.kind ?? 'none'),
        ),
        ...(first.pod.spec.restartPolicy
          ? [evidence(first.pod, 'spec.restartPolicy', first.pod.spec.restartPolicy)]
          : []),
      ]),
      confirm: [confirm(kubectl('get', 'pods', '-n', namespace), `STATUS ${reason} for ${first.pod.metadata.name}`)],
      fix: {
        explain:
          owner?.kind === 'Job' || owner?.kind === 'CronJob'
            ? `A Job’s Pods end when their work is done: put the server into a Deployment, and let the Service select that.`
            : nobody
              ? 'Run the server in a Deployment instead of a bare Pod, so that a Pod which ends or is evicted is replaced.'
              : `Look at why ${owner ? `${owner.kind} ${owner.metadata.name}` : 'the owner'} makes no new Pod, and delete the ended ones.`,
      },
    });
  },
});
