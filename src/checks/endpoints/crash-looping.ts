import { startErrorIn, type StartError } from '../../k8s/start-errors.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { lastWords } from '../../snapshot/last-words.ts';
import { brief, peersHint, podsIn, says, statusPath, undo } from './pods-in-trouble.ts';

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

function remedyFor({ kind, program }: StartError, container: string): string {
  const file = program || `the program of container ${container}`;
  switch (kind) {
    case 'permission denied':
      return `Make ${file} executable: chmod +x in the image (COPY --chmod=755), defaultMode: 0755 where a ConfigMap mounts it, or call it through its interpreter, as command ["sh", "${program || '…'}"]; and see that runAsUser may read it.`;
    case 'no such file':
      return `Put ${file} into the image or correct command. If it is there, what is missing is its interpreter: the shell in its first line, a line end of Windows (\\r) behind it, the C library it was built for; or a volume mounted over its folder hides it.`;
    case 'not in PATH':
      return `Correct command: the image has no ${program || 'such program'} in its PATH; write the full path, or use an image that has it.`;
    case 'exec format error':
      return `Build the image for the processor of the node (docker buildx build --platform linux/amd64,linux/arm64), or let the Pod run only on nodes that fit (nodeSelector kubernetes.io/arch); a script needs #! in its first line.`;
    case 'is a directory':
      return `Let command name a file: ${file} is a directory.`;
  }
}

export default defineCheck({
  id: 'endpoints/crash-looping',
  title: 'The container crashes again and again',
  why: 'Kubelet restarts a container that ends, each time after a longer pause (CrashLoopBackOff, up to 5 minutes). Between two short lives nobody listens, and the Pod does not serve.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'logs', 'events', 'slices'],
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
    const logged = lastWords(facts.logs, pod, container);
    const startError = startErrorIn(trouble.message) ?? startErrorIn(logged);
    const words = startError?.said ?? (logged || trouble.message);
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
        ...(logged ? [evidence(pod, `log of ${container}, previous run`, brief(logged, 300))] : []),
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
            : startError
              ? `${remedyFor(startError, container)} It is container ${container} of ${slashed}.`
              : exitCode === 126 || exitCode === 127 || exitCode === 128
                ? `Correct command and args of container ${container} in ${slashed}: the image has no such executable, or it is built for another platform.`
                : `Read the last lines of the previous run and mend what they name in ${slashed}; undo the rollout if the previous revision worked.${peersHint(facts.service, owner)}`,
        commands: undo(owner, namespace),
      },
    });
  },
});
