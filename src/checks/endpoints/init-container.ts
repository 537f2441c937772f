import { servicesAwaitedBy, whyUnanswered } from '../../k8s/awaited-services.ts';
import { formatLabels } from '../../k8s/labels.ts';
import type { Container, Pod, Service, Workload } from '../../k8s/objects.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, problem, type Evidence, type Fix } from '../define.ts';
import { brief, lastWords, podsIn, says, statusPath } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/init-container',
  title: 'An init container does not finish',
  why: 'Init containers run one after another, and the app starts only when the last has ended with 0. One that fails (Init:CrashLoopBackOff) or waits for ever (Init:0/1) holds the whole Pod back.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'services', 'logs', 'events', 'now'],
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
    const awaited = awaitedBy(spec, facts);
    const words = awaited?.words ?? (lastWords(facts.logs, pod, trouble.container) || trouble.message);
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
      certainty: trouble.kind === 'init' && !(minutes >= 3) && !awaited?.workload ? 'likely' : 'certain',
      impact,
      summary: `${subject}: init container ${trouble.container} ${how}${words ? `: ${brief(words, 110)}` : ''}`,
      evidence: allOf([
        ...says(troubled, (its) => `${statusPath(its.container, true)}.state`),
        ...(command ? [evidence(pod, `spec.initContainers[${trouble.container}].command`, brief(command, 200))] : []),
        ...(awaited?.evidence ?? []),
        ...(words && !awaited ? [evidence(pod, `log of ${trouble.container}`, brief(words, 300))] : []),
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
      fix: awaited?.fix ?? {
        explain: `Mend what init container ${trouble.container} of ${slashed} waits for or fails on; the app is started after it and not before.`,
      },
    });
  },
});

interface Awaited {
  readonly words: string;
  readonly evidence: readonly Evidence[];
  readonly workload?: Workload;
  readonly fix?: Fix;
}

/** The Service for which an init container waits, where it is plain that nobody answers there. */
function awaitedBy(
  container: Container | undefined,
  {
    service,
    pods,
    workloads = [],
    services = [],
  }: {
    readonly service: Service;
    readonly pods: readonly Pod[];
    readonly workloads?: readonly Workload[] | undefined;
    readonly services?: readonly Service[] | undefined;
  },
): Awaited | undefined {
  for (const other of container ? servicesAwaitedBy(container, services) : []) {
    const why = whyUnanswered(other, pods, workloads);
    const { name } = other.metadata;
    const selector = evidence(other, 'spec.selector', formatLabels(other.spec.selector));
    if (name === service.metadata.name && why)
      return {
        words: `it waits for Service ${name}, which these very Pods are to serve`,
        evidence: [selector],
        fix: {
          explain: `Take the wait for Service ${name} out of init container ${container?.name ?? ''}: it has no endpoint before these Pods are ready, and they are not before it ends.`,
        },
      };
    if (why?.kind === 'scaled to 0')
      return {
        words: `it waits for Service ${name}, and ${why.workload.kind} ${why.workload.metadata.name} behind it is scaled to 0`,
        evidence: [selector, evidence(why.workload, 'spec.replicas', '0')],
        workload: why.workload,
        fix: {
          explain: `Scale ${why.workload.kind} ${why.workload.metadata.name} up to as many replicas as it had: init container ${container?.name ?? ''} ends when Service ${name} answers.`,
          patch: { object: why.workload, type: 'merge', body: { spec: { replicas: 1 } } },
        },
      };
    if (why)
      return {
        words: `it waits for Service ${name}, which has no ready Pod`,
        evidence: [selector],
        fix: {
          explain: `Look at Service ${name} first: init container ${container?.name ?? ''} ends when it answers.`,
        },
      };
  }
  return undefined;
}
