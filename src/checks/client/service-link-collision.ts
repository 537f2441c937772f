import { normalKey } from '../../k8s/client-references.ts';
import type { Container, ContainerStatus, Pod, Service, Workload } from '../../k8s/objects.ts';
import { containerStatusesOf, podsSelectedBy } from '../../k8s/pods.ts';
import { hasServiceLinks, linkPrefixOf, serviceLinksOf } from '../../k8s/service-links.ts';
import { topOwnerOf } from '../../k8s/workloads.ts';
import type { Log } from '../../snapshot/snapshot.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem, type Certainty } from '../define.ts';

export default defineCheck({
  id: 'client/service-link-collision',
  title: 'A variable injected for a Service replaces a setting of the app',
  why: 'Unless enableServiceLinks is false, every Service puts variables such as NAME_PORT=tcp://10.96.0.7:80 into all containers of its namespace that start later. An app that reads NAME_PORT as a port number of its own stops on it.',
  impact: 'breaks',
  explains: [
    'endpoints/crash-looping',
    'endpoints/restarts-often',
    'endpoints/init-container',
    'endpoints/starting',
    'endpoints/none-ready',
  ],
  needs: ['service', 'services', 'pods'],
  uses: ['workloads', 'logs'],
  evaluate({ service, services, pods, workloads = [], logs = [] }) {
    const behind = podsSelectedBy(service, pods);
    const collisions = pods.flatMap((pod) => collisionsIn(pod, behind.includes(pod) ? services : [service], logs));
    const [first] = collisions.sort(
      (a, b) => rank(a) - rank(b) || Number(behind.includes(b.pod)) - Number(behind.includes(a.pod)),
    );
    if (!first) return passed('no failing container trips over the variables that Services inject');
    const { pod, container, source, variable, value, says, certainty } = first;
    const { namespace = '' } = pod.metadata;
    const owner = topOwnerOf(pod, workloads);
    const template = owner
      ? owner.kind === 'CronJob'
        ? 'spec.jobTemplate.spec.template.spec'
        : 'spec.template.spec'
      : 'spec';
    return problem({
      certainty,
      ...(behind.includes(pod) ? {} : { impact: 'degrades' as const }),
      summary: `Service ${source.metadata.name} injects ${variable}=${value} into ${container.name}, which takes it for its own setting and exits`,
      evidence: allOf([
        evidence(source, 'metadata.name', `${source.metadata.name}: enableServiceLinks makes it ${variable}=${value}`),
        evidence(owner ?? pod, `${template}.enableServiceLinks`, pod.spec.enableServiceLinks ?? 'true, by default'),
        evidence(pod, `status.containerStatuses[${container.name}].lastState.terminated`, says),
      ]),
      confirm: [confirm(kubectl('logs', pod.metadata.name, '-n', namespace, '-c', container.name, '--previous'), says)],
      fix: {
        explain: `Set enableServiceLinks: false for ${owner ? `${owner.kind} ${owner.metadata.name}` : `Pod ${pod.metadata.name}`}, or give Service ${source.metadata.name} a name that does not make ${variable}; DNS names do not need these variables.`,
        ...(owner ? patchOf(owner) : {}),
      },
    });
  },
});

interface Collision {
  readonly pod: Pod;
  readonly container: Container;
  readonly source: Service;
  readonly variable: string;
  readonly value: string;
  readonly says: string;
  readonly certainty: Certainty;
}

const rank = ({ certainty }: Collision): number => ['certain', 'likely', 'possible'].indexOf(certainty);

const patchOf = (owner: Workload) => {
  if (owner.kind === 'Job') return {};
  const podSpec = { spec: { enableServiceLinks: false } };
  const spec = owner.kind === 'CronJob' ? { jobTemplate: { spec: { template: podSpec } } } : { template: podSpec };
  return { patch: { object: owner, type: 'merge' as const, body: { spec } } };
};

function collisionsIn(pod: Pod, services: readonly Service[], logs: readonly Log[]): readonly Collision[] {
  if (!hasServiceLinks(pod.spec)) return [];
  return containerStatusesOf(pod).flatMap((status) => {
    const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(
      ({ name }) => name === status.name,
    );
    if (!container || !isFailing(status)) return [];
    const words = lastWordsOf(pod, status, logs);
    const own = new Set((container.env ?? []).map(({ name }) => name));
    return services.flatMap((source) => {
      const links = [...serviceLinksOf(source)].filter(([name]) => !own.has(name));
      const found = links.length > 0 ? suspect(words, links, source, container) : undefined;
      return found ? [{ pod, container, source, ...found, says: excerpt(words, status) }] : [];
    });
  });
}

/** Failing now, by its own doing: a container that runs and is ready has got over it, and one out of memory read no setting wrong. */
const isFailing = ({ state, lastState, ready }: ContainerStatus): boolean => {
  const ended = state?.terminated ?? lastState?.terminated;
  if (ended?.reason === 'OOMKilled' || (state?.running && ready)) return false;
  return (ended !== undefined && ended.exitCode !== 0) || state?.waiting?.reason === 'CrashLoopBackOff';
};

const lastWordsOf = ({ metadata }: Pod, { name, state, lastState }: ContainerStatus, logs: readonly Log[]): string =>
  [
    state?.terminated?.message,
    lastState?.terminated?.message,
    ...logs
      .filter(
        (log) =>
          log.pod.name === metadata.name &&
          log.pod.namespace === metadata.namespace &&
          (log.container ?? name) === name,
      )
      .map(({ text }) => text),
  ]
    .filter(Boolean)
    .join('\n');

const aboutNumbers =
  /number|integer|\bint\b|invalid|not valid|parse|parsing|NaN|numeric|out of range|expected|deprecated|literal|convert|format/i;

/** Which injected variable a failing container complains of: it quotes the value, names the variable or its setting, or speaks of a port. */
function suspect(
  words: string,
  links: readonly (readonly [string, string])[],
  source: Service,
  { name, image = '' }: Container,
): Pick<Collision, 'variable' | 'value' | 'certainty'> | undefined {
  const prefix = linkPrefixOf(source);
  const [port = ['', '']] = links.filter(([variable]) => variable === `${prefix}_PORT`);
  const as = ([variable, value]: readonly [string, string], certainty: Certainty) => ({ variable, value, certainty });
  const spoken = `_${normalKey(words)}_`;
  const quoted = links.filter(([, value]) => value.includes('://') && words.includes(value));
  const named = links
    .filter(([variable]) => spoken.includes(`_${variable}_`))
    .sort((a, b) => b[0].length - a[0].length);
  const both =
    quoted.find((link) => named.includes(link)) ?? quoted.find(([variable]) => variable === port[0]) ?? quoted[0];
  if (both) return as(both, 'certain');
  if (named[0] && aboutNumbers.test(words)) return as(named[0], 'certain');
  if (port[0] === '') return undefined;
  // The Service was made anew since: another address, the same port.
  if (new RegExp(`(tcp|udp)://[\\d.]+:${port[1].split(':').at(-1)}\\b`).test(words)) return as(port, 'certain');
  if (spoken.includes(`_${prefix}_`) && /\bport\b/i.test(words) && aboutNumbers.test(words)) return as(port, 'certain');
  const sameName = [name, /([^/:@]+)(?:[:@][^/]*)?$/.exec(image)?.[1] ?? ''].some((word) => normalKey(word) === prefix);
  if (/\bport\b/i.test(words) && aboutNumbers.test(words)) return as(port, sameName ? 'certain' : 'likely');
  return words === '' && sameName ? as(port, 'possible') : undefined;
}

/** The line that matters, or the exit code where nothing was said. */
function excerpt(words: string, { state, lastState }: ContainerStatus): string {
  const lines = words.split('\n').filter((line) => line.trim() !== '');
  const telling =
    lines.find((line) => /tcp:\/\/|udp:\/\//.test(line)) ?? lines.find((line) => /port/i.test(line)) ?? lines.at(-1);
  const code = (state?.terminated ?? lastState?.terminated)?.exitCode;
  return telling?.trim().slice(0, 200) ?? `exit code ${code ?? 'unknown'}`;
}
