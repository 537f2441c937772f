import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';
import { podsIn } from './pods-in-trouble.ts';

/** Longer than this in ContainerCreating is no start any more. */
const patienceMinutes = 3;

export default defineCheck({
  id: 'endpoints/starting',
  title: 'The containers are still being created',
  why: 'Between being scheduled and running, a Pod mounts volumes, gets its network and pulls images. Kubelet reports what goes wrong as events; where there are none, it waits, or it has not seen the Pod.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'events', 'nodes', 'now', 'slices'],
  evaluate(facts) {
    const found = podsIn(['starting'], facts, 'no container is being created');
    if (found.outcome !== 'in trouble') return found;
    const { troubled, subject, namespace, slashed } = found;
    const [{ pod, trouble }] = troubled;
    const age = Math.floor(((facts.now ?? Number.NaN) - Date.parse(pod.metadata.creationTimestamp ?? '')) / 60_000);
    if (found.impact === 'risks') return passed('other Pods serve meanwhile');
    const sources = (pod.spec.volumes ?? []).flatMap(({ name, configMap, secret, persistentVolumeClaim }) => {
      const from = configMap?.name ?? secret?.secretName ?? persistentVolumeClaim?.claimName;
      const kind = configMap ? 'ConfigMap' : secret ? 'Secret' : 'PersistentVolumeClaim';
      return from ? [{ name, from: `${kind} ${from}` }] : [];
    });
    const suspects = sources.map(({ from }) => from).join(', ');
    return problem({
      certainty: age >= patienceMinutes ? 'likely' : 'possible',
      summary: `${subject} ${troubled.length === 1 ? 'has' : 'have'} been in ${trouble.reason}${age > 0 ? ` for ${age} min` : ''}${age >= patienceMinutes && suspects ? `, perhaps for ${suspects}` : ''}`,
      evidence: allOf([
        ...troubled
          .slice(0, 3)
          .map((each) => evidence(each.pod, 'status.containerStatuses[*].state.waiting.reason', each.trouble.reason)),
        ...sources.slice(0, 4).map(({ name, from }) => evidence(pod, `spec.volumes[${name}]`, from)),
        evidence(pod, 'spec.nodeName', pod.spec.nodeName ?? 'none'),
      ]),
      confirm: [
        confirm(kubectl('describe', 'pod', pod.metadata.name, '-n', namespace), 'Events: what kubelet waits for'),
      ],
      fix: {
        explain:
          age >= patienceMinutes
            ? `See that everything the template of ${slashed} mounts exists, and that kubelet on ${pod.spec.nodeName ?? 'the node'} works.`
            : 'Wait a minute and check again.',
      },
    });
  },
});
