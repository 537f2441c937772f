import { unreachableFrom, type Unreachable } from '../../k8s/awaited-addresses.ts';
import { servicesAwaitedBy, whyUnanswered } from '../../k8s/awaited-services.ts';
import type { ClusterDomain } from '../../k8s/cluster-domain.ts';
import { defaultClusterDomain } from '../../k8s/names.ts';
import { formatServicePort } from '../../k8s/ports.ts';
import { formatAddress } from '../../k8s/setting-edits.ts';
import { formatLabels } from '../../k8s/labels.ts';
import type { Container, Pod, Service, Workload } from '../../k8s/objects.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, problem, type Evidence, type Fix } from '../define.ts';
import { lastWords } from '../../snapshot/last-words.ts';
import { brief, podsIn, says, statusPath } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/init-container',
  title: 'An init container does not finish',
  why: 'Init containers run one after another, and the app starts only when the last has ended with 0. One that fails (Init:CrashLoopBackOff) or waits for ever (Init:0/1) holds the whole Pod back.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'services', 'servicesEverywhere', 'clusterDomain', 'logs', 'events', 'now', 'slices'],
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
    const own = lastWords(facts.logs, pod, trouble.container) || trouble.message;
    const ended = trouble.kind !== 'init' && own !== '' && !speaksOfTheNetwork.test(own);
    const awaited = (ended ? undefined : inVain(spec, pod, facts)) ?? awaitedBy(spec, facts);
    const words = awaited?.words ?? own;
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
      certainty:
        trouble.kind === 'init' && !(minutes >= 3) && (minutes < 3 || !awaited?.lasting) ? 'likely' : 'certain',
      impact,
      summary: `${subject}: init container ${trouble.container} ${how}${words ? `: ${brief(words, 110)}` : ''}`,
      evidence: allOf([
        ...says(troubled, (its) => `${statusPath(its.container, true)}.state`),
        ...(command ? [evidence(pod, `spec.initContainers[${trouble.container}].command`, brief(command, 200))] : []),
        ...(awaited?.evidence ?? []),
        ...(own ? [evidence(pod, `log of ${trouble.container}`, brief(own, 300))] : []),
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

/** What one says that got no answer; another last word tells of its own trouble. */
const speaksOfTheNetwork =
  /address|resolv|host|name or service|nodename|lookup|refused|time[d ]*out|unreachable|connect|wait/i;

interface Awaited {
  readonly words: string;
  readonly evidence: readonly Evidence[];
  /** It does not come by waiting. */
  readonly lasting?: true;
  readonly fix?: Fix;
}

/** An address that no wait makes answer: nobody bears the name, or the Service has no such port. */
function inVain(
  container: Container | undefined,
  pod: Pod,
  {
    pods,
    servicesEverywhere,
    clusterDomain = { searched: defaultClusterDomain, served: [], otherZones: [], source: 'assumed' },
  }: {
    readonly pods: readonly Pod[];
    readonly servicesEverywhere?: readonly Service[] | undefined;
    readonly clusterDomain?: ClusterDomain | undefined;
  },
): Awaited | undefined {
  const found =
    container && servicesEverywhere
      ? unreachableFrom(container, pod, { services: servicesEverywhere, pods, domain: clusterDomain })
      : undefined;
  if (!found) return undefined;
  const { reference } = found;
  return {
    lasting: true,
    words: `it waits for ${whatIsWrong(found, pod)}`,
    evidence: [
      evidence(pod, reference.setting.path, formatAddress(reference)),
      ...(found.kind === 'no such port'
        ? [evidence(found.service, 'spec.ports', portsOf(found.service))]
        : found.nearest
          ? [evidence(found.nearest, 'metadata.name', found.nearest.metadata.name)]
          : []),
    ],
    fix: { explain: remedy(found, container?.name ?? '', pod) },
  };
}

const portsOf = ({ spec }: Service): string => (spec.ports ?? []).map(formatServicePort).join(', ');

/** The name as a Pod writes it: with its namespace, where that is another one. */
const nameFrom = ({ metadata }: Service, pod: Pod): string =>
  metadata.namespace === pod.metadata.namespace ? metadata.name : `${metadata.name}.${metadata.namespace}`;

function whatIsWrong(found: Unreachable, pod: Pod): string {
  const { host } = found.reference;
  if (found.kind === 'no such port')
    return `port ${found.port}, which Service ${nameFrom(found.service, pod)} does not have (it has ${portsOf(found.service)})`;
  return `${host}, which is no Service${found.nearest ? ` (the nearest is ${nameFrom(found.nearest, pod)})` : ''}`;
}

function remedy(found: Unreachable, container: string, pod: Pod): string {
  const { reference } = found;
  if (found.kind === 'no such port')
    return `Let init container ${container} wait for ${reference.host} on a port of that Service, ${portsOf(found.service)}, instead of ${found.port}.`;
  return found.nearest
    ? `Let init container ${container} wait for ${nameFrom(found.nearest, pod)} instead of ${reference.host}, or create a Service ${reference.host}; the app itself may be told the same name.`
    : `Create the Service ${reference.host}, or let init container ${container} wait for the name of one that exists.`;
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
        lasting: true,
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
