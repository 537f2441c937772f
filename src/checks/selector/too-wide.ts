import { endpointsIn, isExternalName, isHeadless, isReadyEndpoint } from '../../k8s/endpoints.ts';
import { intrudersAmong, ownGroupOf, tellingLabelOf, type Intruder } from '../../k8s/intruders.ts';
import { formatLabels, ownValue } from '../../k8s/labels.ts';
import type { EndpointSlice, Service } from '../../k8s/objects.ts';
import { groupByOwner, groupToCome, type PodGroup } from '../../k8s/pod-groups.ts';
import { hasSelector, isFinished, isReady, isTerminating, podIPsOf, unfinishedPodsOf } from '../../k8s/pods.ts';
import { resolveTargetPort } from '../../k8s/ports.ts';
import { refTo } from '../../k8s/references.ts';
import { lastingLabels, workloadsToCome } from '../../k8s/selector-miss.ts';
import { controllerOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem, type Fix } from '../define.ts';

const words = {
  finite: 'which serves nothing',
  release: 'of another release',
  component: 'another component',
  program: 'another program',
} as const;

export default defineCheck({
  id: 'selector/too-wide',
  title: 'The selector also catches Pods of another workload',
  why: 'Every Pod whose labels include the whole selector is an endpoint, whoever made it: a Job, a second release of the same chart, an operator, a database beside the app. Their share of the connections ends in the wrong place.',
  impact: 'degrades',
  explains: ['ports/named-port-missing-in-some-pods'],
  needs: ['service', 'pods', 'workloads'],
  uses: ['services', 'slices'],
  evaluate({ service, pods, workloads, services = [], slices = [] }) {
    if (!hasSelector(service) || isExternalName(service)) return notApplicable('the Service has no selector');
    const running = unfinishedPodsOf(service, pods).filter((pod) => !isTerminating(pod));
    const present = groupByOwner(running, workloads);
    const toCome = workloadsToCome(service, workloads)
      .filter(({ kind, spec }) => kind === 'CronJob' && spec.suspend !== true)
      .filter((workload) => !present.some((group) => group.workload === workload))
      .map(groupToCome);
    const own = ownGroupOf(service, present);
    if (!own) return passed('it selects no running Pod');
    const together = [...present, ...toCome];
    // What else runs in the namespace matters only where there is somebody to tell it from.
    const elsewhere = together.length === 1 ? [] : pods.filter((pod) => !running.includes(pod) && !isFinished(pod));
    const intruders = intrudersAmong(service, own, together, services, groupByOwner(elsewhere, workloads));
    const [first] = intruders;
    if (!first)
      return passed(
        present.length === 1
          ? `all are Pods of ${own.name}`
          : `${present.length} workloads are behind it, alike enough to be meant: ${present.map(({ name }) => name).join(', ')}`,
      );
    const telling = tellingLabelOf(
      service,
      own,
      intruders.map(({ group }) => group),
    );
    const who = intruders.map(({ group }) => nameWithJob(group)).join(', ');
    const served = intruders.some(({ group }) =>
      group.pods.some(
        (pod) =>
          (isReady(pod) || service.spec.publishNotReadyAddresses === true) &&
          (isHeadless(service) ||
            (service.spec.ports ?? []).some((port) => resolveTargetPort(pod, port) !== undefined)),
      ),
    );
    return problem({
      certainty: intruders.some(({ sure }) => sure) ? 'certain' : 'likely',
      impact: served ? 'degrades' : 'risks',
      summary: `${who}, ${words[first.reason]}, ${served ? `gets connections to ${service.metadata.name}` : first.group.pods.length > 0 ? `is an endpoint of ${service.metadata.name}` : `becomes an endpoint of ${service.metadata.name} with its next Pod,`} beside ${own.name}${telling ? `: the selector does not ask for ${telling[0]}=${telling[1]}` : ''}`,
      evidence: allOf([
        evidence(service, 'spec.selector', formatLabels(service.spec.selector)),
        ...[own, ...intruders.map(({ group }) => group)].slice(0, 4).map((group) => labelsOf(group, telling?.[0])),
        ...addressesOf(intruders, slices),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'pods',
            '-n',
            service.metadata.namespace ?? '',
            '-l',
            formatLabels(service.spec.selector),
            '--show-labels',
          ),
          `Pods of ${own.name} and of ${who}`,
        ),
      ],
      fix: (telling ? undefined : fixOfBarePods(service, intruders)) ?? fixOf(service, own, who, telling),
    });
  },
});

/** `job/report-29012345 of cronjob/report`: the CronJob is edited, its Job owns the Pods. */
function nameWithJob({ name, pods }: PodGroup): string {
  const job = pods.map(controllerOf).find((owner) => owner?.kind === 'Job');
  return !job || name === `job/${job.name}` ? name : `job/${job.name} of ${name}`;
}

const labelsOf = (group: PodGroup, key: string | undefined) => {
  const object = group.pods[0] ?? group.object;
  const path =
    object.kind === 'Pod'
      ? 'metadata.labels'
      : object.kind === 'CronJob'
        ? 'spec.jobTemplate.spec.template.metadata.labels'
        : 'spec.template.metadata.labels';
  return key === undefined
    ? evidence(object, path, `${formatLabels(lastingLabels(group.labels))}, of ${group.name}`)
    : evidence(object, `${path}.${key}`, `${ownValue(group.labels, key) ?? 'absent'}, of ${group.name}`);
};

/** The addresses through which traffic reaches the wrong Pods. */
const addressesOf = (intruders: readonly Intruder[], slices: readonly EndpointSlice[]) => {
  const addresses = new Set(intruders.flatMap(({ group }) => group.pods.flatMap(podIPsOf)));
  return endpointsIn(slices)
    .filter(({ endpoint }) => isReadyEndpoint(endpoint) && addresses.has(endpoint.addresses[0] ?? ''))
    .slice(0, 3)
    .map(({ slice, endpoint }) =>
      evidence(slice, 'endpoints', `${endpoint.addresses[0]} is ready: ${endpoint.targetRef?.name ?? 'a Pod'}`),
    );
};

/** Pods that nobody owns, made by hand: their labels can simply be taken off, and nothing puts them back. */
function fixOfBarePods(service: Service, intruders: readonly Intruder[]): Fix | undefined {
  const [key] = Object.keys(service.spec.selector ?? {});
  const pods = intruders.flatMap(({ group }) => group.pods);
  if (key === undefined || pods.length === 0 || pods.some((pod) => pod.metadata.ownerReferences?.length))
    return undefined;
  const names = pods.map(({ metadata }) => metadata.name);
  return {
    explain: `Take the label ${key} off ${names.join(', ')}, which nobody owns; or delete ${names.length === 1 ? 'it' : 'them'} when the work is done.`,
    commands: [kubectl('label', 'pod', ...names, '-n', service.metadata.namespace ?? '', `${key}-`)],
  };
}

function fixOf(service: Service, own: PodGroup, who: string, telling: readonly [string, string] | undefined): Fix {
  if (telling)
    return {
      explain: `Add ${telling[0]}=${telling[1]} to the Service's selector: the Pods of ${own.name} carry it, those of ${who} do not.`,
      patch: { object: service, type: 'merge', body: { spec: { selector: { [telling[0]]: telling[1] } } } },
    };
  const label = { 'app.kubernetes.io/component': service.metadata.name };
  const { namespace = '' } = service.metadata;
  const patch = (kind: string, name: string, body: object) =>
    kubectl('patch', kind, name, '-n', namespace, '--type=merge', '-p', JSON.stringify(body));
  return {
    explain: `No label tells the Pods of ${own.name} from those of ${who}: give the template of ${own.name} a label of its own, such as ${formatLabels(label)}, then add it to the Service's selector once the rollout is done. Or take the labels ${formatLabels(service.spec.selector)} away from ${who}, where nothing else needs them.`,
    commands: own.workload
      ? [
          patch(refTo(own.workload).kind, own.workload.metadata.name, {
            spec: { template: { metadata: { labels: label } } },
          }),
          patch('service', service.metadata.name, { spec: { selector: label } }),
        ]
      : [],
  };
}
