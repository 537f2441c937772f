import { conditionOf } from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { podsIn } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/ready-condition-false',
  title: 'The Pods are Ready=False, and nothing says why',
  why: 'Only the condition Ready counts, not the containers. After a node or its kubelet was away, or by a bug, it can stay False although every container is ready; kubelet writes it anew when the Pod changes or kubelet restarts.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'events', 'nodes'],
  evaluate(facts) {
    const found = podsIn(['unexplained'], facts, 'no Pod is Ready=False without a reason');
    if (found.outcome !== 'in trouble') return found;
    const { troubled, impact, subject, namespace } = found;
    const [{ pod, trouble }] = troubled;
    const statuses = pod.status?.containerStatuses ?? [];
    const allReady = statuses.length > 0 && statuses.every(({ ready }) => ready);
    const ready = conditionOf(pod, 'Ready');
    return problem({
      certainty: allReady ? 'certain' : 'likely',
      impact,
      summary: allReady
        ? `${subject}: every container is ready, yet the condition Ready is ${ready?.status ?? 'absent'}${ready?.reason ? ` (${ready.reason})` : ''}`
        : `${subject} ${troubled.length === 1 ? 'is' : 'are'} not ready: ${trouble.message || trouble.reason}`,
      evidence: allOf([
        ...troubled
          .slice(0, 3)
          .map((each) =>
            evidence(
              each.pod,
              'status.conditions[Ready]',
              [conditionOf(each.pod, 'Ready')?.status ?? 'absent', each.trouble.reason, each.trouble.message]
                .filter(Boolean)
                .join(': '),
            ),
          ),
        ...statuses
          .slice(0, 3)
          .map(({ name, ready: its }) => evidence(pod, `status.containerStatuses[${name}].ready`, `${its ?? false}`)),
        ...(pod.spec.nodeName ? [evidence(pod, 'spec.nodeName', pod.spec.nodeName)] : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'pod', pod.metadata.name, '-n', namespace, '-o', 'yaml'),
          'status.conditions: Ready False beside containerStatuses',
        ),
      ],
      fix: {
        explain: allReady
          ? `Restart kubelet on ${pod.spec.nodeName ?? 'its node'}, or delete the Pod so that its owner makes a new one; then look for what set the condition (node outage, a controller).`
          : 'Read the events and the log of the Pod.',
      },
    });
  },
});
