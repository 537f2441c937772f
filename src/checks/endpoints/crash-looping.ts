import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { brief, lastWords, peersHint, podsIn, says, statusPath, undo } from './pods-in-trouble.ts';

/** What an exit code says by convention of shells and the kernel. */
const meanings: Readonly<Record<number, string>> = {
  0: 'the command ends by itself, where a server is expected to stay',
  126: 'the command is not executable',
  127: 'the command was not found',
  128: 'the runtime could not start the command',
  132: 'illegal instruction (SIGILL): built for another processor',
  134: 'aborted (SIGABRT)',
  137: 'killed from outside (SIGKILL)',
  139: 'segmentation fault (SIGSEGV)',
  143: 'terminated from outside (SIGTERM)',
};

export default defineCheck({
  id: 'endpoints/crash-looping',
  title: 'The container crashes again and again',
  why: 'Kubelet restarts a container that ends, each time after a longer pause (CrashLoopBackOff, up to 5 minutes). Between two short lives nobody listens, and the Pod does not serve.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'logs', 'events'],
  evaluate(facts) {
    const found = podsIn(
      ['crash'],
      facts,
      'no container crashes',
      (trouble) => !trouble.init && trouble.reason !== 'OOMKilled',
    );
    if (found.outcome !== 'in trouble') return found;
    const { troubled, impact, subject, owner, slashed, namespace } = found;
    const [{ pod, trouble }] = troubled;
    const { exitCode, container, restarts } = trouble;
    const words = lastWords(facts.logs, pod, container) || trouble.message;
    const spec = pod.spec.containers.find(({ name }) => name === container);
    const command = [...(spec?.command ?? []), ...(spec?.args ?? [])].join(' ');
    const meaning = exitCode === undefined ? '' : (meanings[exitCode] ?? '');
    const exits = exitCode === undefined ? 'crashes' : `exits with code ${exitCode}`;
    return problem({
      certainty: 'certain',
      impact,
      summary: `${subject}: container ${container} ${exits}${restarts > 0 ? ` (${restarts} restarts)` : ''}${words ? `: ${brief(words, 110)}` : meaning ? `: ${meaning}` : ''}`,
      evidence: allOf([
        ...says(troubled, (its) => `${statusPath(its.container, false)}.state.waiting`),
        ...(exitCode === undefined
          ? []
          : [
              evidence(
                pod,
                `${statusPath(container, false)}.lastState.terminated.exitCode`,
                `${exitCode}${meaning ? `: ${meaning}` : ''}`,
              ),
            ]),
        evidence(pod, `${statusPath(container, false)}.restartCount`, `${restarts}`),
        ...(command ? [evidence(pod, `spec.containers[${container}].command`, brief(command, 200))] : []),
        ...(words && words !== trouble.message
          ? [evidence(pod, `log of ${container}, previous run`, brief(words, 300))]
          : []),
      ]),
      confirm: [
        confirm(
          kubectl('logs', pod.metadata.name, '-c', container, '--previous', '-n', namespace),
          words ? brief(words, 120) : 'the last words of the run that ended',
        ),
        confirm(kubectl('get', 'pod', pod.metadata.name, '-n', namespace), `${trouble.reason}, ${restarts} restarts`),
      ],
      fix: {
        explain:
          exitCode === 0
            ? `Give container ${container} of ${slashed} a command that keeps running; a task that ends belongs into a Job.`
            : exitCode === 126 || exitCode === 127 || exitCode === 128
              ? `Correct command and args of container ${container} in ${slashed}: the image has no such executable, or it is built for another platform.`
              : `Read the last lines of the previous run and mend what they name in ${slashed}; undo the rollout if the previous revision worked.${peersHint(facts.service, owner)}`,
        commands: undo(owner, namespace),
      },
    });
  },
});
