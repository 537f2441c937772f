import { normalKey } from '../../k8s/client-references.ts';
import { complaintIn, isPortLink, linksOf, type Complaint, type ServiceLink } from '../../k8s/link-complaints.ts';
import type { Container, ContainerStatus, Event, Pod, Service, Workload } from '../../k8s/objects.ts';
import { oncePer } from '../../k8s/once-per.ts';
import { whyNotReady } from '../../k8s/pod-troubles.ts';
import { containerStatusesOf, isReady, podsSelectedBy } from '../../k8s/pods.ts';
import { hasServiceLinks, linkPrefixOf } from '../../k8s/service-links.ts';
import { topOwnerOf } from '../../k8s/workloads.ts';
import type { Log } from '../../snapshot/snapshot.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

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
  uses: ['workloads', 'logs', 'events', 'client'],
  evaluate({ service, services, pods, workloads = [], logs = [], events = [], client }) {
    const behind = podsSelectedBy(service, pods);
    const well = behind.every(isReady);
    const collisions = mayCollide(pods).flatMap((pod) => {
      const own = behind.includes(pod);
      const calls = client?.pods.some(({ metadata }) => metadata.name === pod.metadata.name) === true;
      return collisionsIn(pod, services, { workloads, logs, events }).filter(
        // Of an app that has nothing to do with this Service, only what this Service does to it surely.
        ({ links: [first], certainty }) =>
          own || (well && first.source === service && (calls || certainty === 'certain')),
      );
    });
    const [first] = collisions.sort(
      (a, b) => rank(a) - rank(b) || Number(behind.includes(b.pod)) - Number(behind.includes(a.pod)),
    );
    if (!first) return passed('no failing container trips over the variables that Services inject');
    const { pod, container, links, says, certainty } = first;
    const [{ source, variable, value }, ...others] = links;
    const { namespace = '' } = pod.metadata;
    const owner = topOwnerOf(pod, workloads);
    const impact = first.line === undefined ? 'risks' : behind.includes(pod) ? 'breaks' : 'degrades';
    const instead = others[0] ? ` (or ${others[0].variable})` : '';
    return problem({
      certainty,
      impact,
      summary: `Service ${source.metadata.name} injects ${variable}=${value}${instead} into ${container.name}, which takes it for its own setting and exits`,
      evidence: allOf([
        ...links
          .slice(0, 6)
          .map((link) =>
            evidence(
              link.source,
              'metadata.name',
              `${link.source.metadata.name}: enableServiceLinks makes it ${link.variable}=${link.value}`,
            ),
          ),
        evidence(
          owner ?? pod,
          `${templateOf(owner)}.enableServiceLinks`,
          pod.spec.enableServiceLinks ?? 'true, by default',
        ),
        evidence(pod, first.path, says),
      ]),
      confirm: [confirm(kubectl('logs', pod.metadata.name, '-n', namespace, '-c', container.name, '--previous'), says)],
      fix: {
        explain: `Set enableServiceLinks: false for ${owner ? `${owner.kind} ${owner.metadata.name}` : `Pod ${pod.metadata.name}`}, or give Service ${source.metadata.name} a name that does not make ${variable}; DNS names do not need these variables.`,
        ...(owner ? patchOf(owner) : {}),
      },
    });
  },
});

interface Collision extends Omit<Complaint, 'line'> {
  readonly pod: Pod;
  readonly container: Container;
  /** The line that accuses them; absent where the container said nothing at all. */
  readonly line?: string;
  readonly says: string;
  /** Where that was said. */
  readonly path: string;
}

const rank = ({ certainty }: Collision): number => ['certain', 'likely', 'possible'].indexOf(certainty);

const templateOf = (owner: Workload | undefined): string =>
  !owner ? 'spec' : owner.kind === 'CronJob' ? 'spec.jobTemplate.spec.template.spec' : 'spec.template.spec';

const patchOf = (owner: Workload) => {
  if (owner.kind === 'Job') return {};
  const podSpec = { spec: { enableServiceLinks: false } };
  const spec = owner.kind === 'CronJob' ? { jobTemplate: { spec: { template: podSpec } } } : { template: podSpec };
  return { patch: { object: owner, type: 'merge' as const, body: { spec } } };
};

interface Known {
  readonly workloads: readonly Workload[];
  readonly logs: readonly Log[];
  readonly events: readonly Event[];
}

function collisionsIn(
  pod: Pod,
  services: readonly Service[],
  { workloads, logs, events }: Known,
): readonly Collision[] {
  const failing = containerStatusesOf(pod).filter(isFailing);
  if (failing.length === 0 || !hasServiceLinks(pod.spec) || whyNotReady(pod, { events })?.kind === 'killed') return [];
  const all = linksOf(services);
  return failing.flatMap((status): readonly Collision[] => {
    const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(
      ({ name }) => name === status.name,
    );
    if (!container) return [];
    const own = new Set((container.env ?? []).map(({ name }) => name));
    const links = all.filter(({ variable }) => !own.has(variable));
    const names = [container.name, productOf(container), ...namesOf(pod, topOwnerOf(pod, workloads))];
    const last = lastWordsOf(pod, status, logs);
    for (const { text, path } of last) {
      const complaint = complaintIn(text, links, names);
      if (complaint) return [{ pod, container, ...complaint, path, says: complaint.line.slice(0, 200) }];
    }
    const namesake = last.length === 0 ? namesakeOf(container, links) : undefined;
    return namesake ? [{ pod, container, links: [namesake], certainty: 'possible', ...silence(status) }] : [];
  });
}

const mayCollide = oncePer((pods: readonly Pod[]): readonly Pod[] =>
  pods.filter((pod) => hasServiceLinks(pod.spec) && containerStatusesOf(pod).some(isFailing)),
);

/** Failing now, by its own doing: one that runs and is ready has got over it, and one that was killed read no setting wrong. */
const isFailing = ({ state, lastState, ready }: ContainerStatus): boolean => {
  const ended = state?.terminated ?? lastState?.terminated;
  if (ended?.reason === 'OOMKilled' || (state?.running && ready)) return false;
  if (ended?.exitCode === 137 || ended?.exitCode === 143) return false;
  return (ended !== undefined && ended.exitCode !== 0) || state?.waiting?.reason === 'CrashLoopBackOff';
};

/** What a container said before it ended, and where that stands. */
function lastWordsOf(
  { metadata, status: podStatus }: Pod,
  { name, state, lastState }: ContainerStatus,
  logs: readonly Log[],
): readonly { readonly text: string; readonly path: string }[] {
  const list = podStatus?.initContainerStatuses?.some((one) => one.name === name)
    ? 'initContainerStatuses'
    : 'containerStatuses';
  const at = `status.${list}[${name}]`;
  return [
    { text: state?.terminated?.message ?? '', path: `${at}.state.terminated.message` },
    { text: lastState?.terminated?.message ?? '', path: `${at}.lastState.terminated.message` },
    ...logs
      .filter(
        (log) =>
          log.pod.name === metadata.name &&
          log.pod.namespace === metadata.namespace &&
          (log.container ?? name) === name,
      )
      .map(({ text, previous }) => ({ text, path: `log of ${name}${previous ? ', previous run' : ''}` })),
  ].filter(({ text }) => text.trim() !== '');
}

const silence = ({ name, state, lastState }: ContainerStatus): Pick<Collision, 'path' | 'says'> => ({
  path: `status.containerStatuses[${name}].lastState.terminated.exitCode`,
  says: `exit code ${(state?.terminated ?? lastState?.terminated)?.exitCode ?? 'unknown'}, and no words`,
});

/** `langgenius/dify-api:1.2` → `dify-api`. */
const productOf = ({ image = '' }: Container): string => /([^/:@]+)(?:[:@][^/]*)?$/.exec(image)?.[1] ?? '';

const namesOf = ({ metadata }: Pod, owner: Workload | undefined): readonly string[] =>
  [
    owner?.metadata.name,
    metadata.labels?.['app.kubernetes.io/name'],
    metadata.labels?.['app.kubernetes.io/instance'],
    metadata.labels?.['app'],
  ].filter((name): name is string => name !== undefined && name !== '');

/** The variable of a Service that is called like the container or its image. */
const namesakeOf = (container: Container, links: readonly ServiceLink[]): ServiceLink | undefined =>
  links
    .filter(isPortLink)
    .find(({ source }) =>
      [container.name, productOf(container)].some((name) => normalKey(name) === linkPrefixOf(source)),
    );
