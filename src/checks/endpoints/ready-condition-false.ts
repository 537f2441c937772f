import type { Pod } from '../../k8s/objects.ts';
import { conditionOf } from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { podsIn } from './pods-in-trouble.ts';

/** `False (NodeStatusUnknown): kubelet stopped posting`; the condition as it stands, with its reason where it has one. */
function readyWords(pod: Pod): string {
  const { status = 'absent', reason, message } = conditionOf(pod, 'Ready') ?? {};
  return `${status} (${reason || 'no reason is given'})${message ? `: ${message}` : ''}`;
}

export default defineCheck({
  id: 'endpoints/ready-condition-false',
  title: 'The Pods are Ready=False, and nothing says why',
  why: 'Only the condition Ready counts, not the containers. After a node or its kubelet was away, or by a bug, it can stay False although every container is ready; kubelet writes it anew when the Pod changes or kubelet restarts.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'events', 'nodes', 'slices'],
  evaluate(facts) {
    const found = podsIn(['unexplained'], facts, 'no Pod is Ready=False without a reason');
    if (found.outcome !== 'in trouble') return found;
    const { troubled, impact, subject, namespace } = found;
    const [{ pod, trouble }] = troubled;
    const statuses = pod.status?.containerStatuses ?? [];
    const allReady = statuses.length > 0 && statuses.every(({ ready }) => ready);
    const ready = conditionOf(pod, 'Ready');
    const nodes = [...new Set(troubled.flatMap((each) => each.pod.spec.nodeName ?? []))];
    return problem({
      certainty: allReady ? 'certain' : 'likely',
      impact,
      summary: allReady
        ? `${subject}: every container is ready, yet the condition Ready is ${ready?.status ?? 'absent'}${ready?.reason ? ` (${ready.reason})` : ''}`
        : `${subject} ${troubled.length === 1 ? 'is' : 'are'} not ready: ${trouble.message || trouble.reason}`,
      evidence: allOf([
        ...troubled.slice(0, 3).map((each) => evidence(each.pod, 'status.conditions[Ready]', readyWords(each.pod))),
        ...statuses
          .slice(0, 3)
          .map(({ name, ready: its }) => evidence(pod, `status.containerStatuses[${name}].ready`, `${its ?? false}`)),
        ...troubled
          .slice(0, 3)
          .flatMap((each) =>
            each.pod.spec.nodeName ? [evidence(each.pod, 'spec.nodeName', each.pod.spec.nodeName)] : [],
          ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'pod', pod.metadata.name, '-n', namespace, '-o', 'yaml'),
          'status.conditions: Ready False beside containerStatuses',
        ),
      ],
      fix: {
        explain: allReady
          ? `Restart kubelet on ${nodes.join(' and ') || 'its node'}, or delete ${troubled.length === 1 ? 'the Pod so that its owner makes a new one' : 'the Pods so that their owner makes new ones'}; then look for what set the condition (node outage, a controller).`
          : 'Read the events and the log of the Pod.',
      },
    });
  },
});
