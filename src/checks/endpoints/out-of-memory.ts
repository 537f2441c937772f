import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { podsIn, says, statusPath } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/out-of-memory',
  title: 'The container is killed for using too much memory',
  why: 'The kernel kills a process of a container that grows past its memory limit (OOMKilled, exit code 137). Kubelet restarts it, and if it needs the memory to start, it never stays up.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'endpoints/readiness-probe'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'events', 'slices'],
  evaluate(facts) {
    const found = podsIn(['crash'], facts, 'no container was OOMKilled', (trouble) => trouble.reason === 'OOMKilled');
    if (found.outcome !== 'in trouble') return found;
    const { troubled, impact, subject, owner, slashed, namespace } = found;
    const [{ pod, trouble }] = troubled;
    const { container, init, restarts } = trouble;
    const limit = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(({ name }) => name === container)
      ?.resources?.limits?.['memory'];
    const more = limit && doubled(limit);
    return problem({
      certainty: 'certain',
      impact,
      summary: `${subject}: container ${container} is OOMKilled ${restarts > 0 ? `(${restarts} restarts) ` : ''}${limit ? `at its memory limit of ${limit}` : 'since its node runs out of memory'}`,
      evidence: allOf([
        ...says(troubled, (its) => `${statusPath(its.container, init)}.lastState.terminated`),
        evidence(pod, `${statusPath(container, init)}.lastState.terminated.exitCode`, `${trouble.exitCode ?? 137}`),
        evidence(pod, `spec.containers[${container}].resources.limits.memory`, limit ?? 'none'),
      ]),
      confirm: [
        confirm(
          kubectl('describe', 'pod', pod.metadata.name, '-n', namespace),
          'Last State: Terminated, Reason: OOMKilled, Exit Code: 137',
        ),
      ],
      fix: {
        explain: `Give container ${container} of ${slashed} more memory, or make it use less (heap size, cache, workers).`,
        commands:
          more && owner
            ? [kubectl('set', 'resources', slashed, '-n', namespace, '-c', container, `--limits=memory=${more}`)]
            : [],
      },
    });
  },
});

/** Twice a quantity with its own unit: `128Mi` → `256Mi`. */
function doubled(quantity: string): string | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(quantity) ?? [];
  return number === undefined ? undefined : `${Number(number) * 2}${unit}`;
}
