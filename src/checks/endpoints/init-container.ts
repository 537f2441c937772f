import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { brief, lastWords, podsIn, says, statusPath } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/init-container',
  title: 'An init container does not finish',
  why: 'Init containers run one after another, and the app starts only when the last has ended with 0. One that fails (Init:CrashLoopBackOff) or waits for ever (Init:0/1) holds the whole Pod back.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'logs', 'events', 'now'],
  evaluate(facts) {
    const found = podsIn(
      ['init', 'crash', 'killed'],
      facts,
      'every init container has finished',
      (trouble) => trouble.init,
    );
    if (found.outcome !== 'in trouble') return found;
    const { troubled, impact, subject, slashed, namespace } = found;
    const [{ pod, trouble }] = troubled;
    const spec = pod.spec.initContainers?.find(({ name }) => name === trouble.container);
    const words = lastWords(facts.logs, pod, trouble.container) || trouble.message;
    const command = [...(spec?.command ?? []), ...(spec?.args ?? [])].join(' ');
    const started = pod.status?.initContainerStatuses?.find(({ name }) => name === trouble.container)?.state?.running
      ?.startedAt;
    const minutes =
      started && facts.now !== undefined ? Math.floor((facts.now - Date.parse(started)) / 60_000) : Number.NaN;
    const how =
      trouble.kind === 'init'
        ? `is still running${minutes > 0 ? ` after ${minutes} min` : ''}`
        : `${trouble.exitCode === undefined ? 'fails' : `exits with code ${trouble.exitCode}`}${trouble.restarts > 0 ? ` (${trouble.restarts} restarts)` : ''}`;
    return problem({
      certainty: trouble.kind === 'init' && !(minutes >= 3) ? 'likely' : 'certain',
      impact,
      summary: `${subject}: init container ${trouble.container} ${how}${words ? `: ${brief(words, 110)}` : ''}`,
      evidence: allOf([
        ...says(troubled, (its) => `${statusPath(its.container, true)}.state`),
        ...(command ? [evidence(pod, `spec.initContainers[${trouble.container}].command`, brief(command, 200))] : []),
        ...(words ? [evidence(pod, `log of ${trouble.container}`, brief(words, 300))] : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'pod', pod.metadata.name, '-n', namespace),
          trouble.kind === 'init' ? 'STATUS Init:0/1 or the like' : 'STATUS Init:CrashLoopBackOff or Init:Error',
        ),
        confirm(
          kubectl('logs', pod.metadata.name, '-c', trouble.container, '-n', namespace),
          'what it waits for, or why it fails',
        ),
      ],
      fix: {
        explain: `Mend what init container ${trouble.container} of ${slashed} waits for or fails on; the app is started after it and not before.`,
      },
    });
  },
});
