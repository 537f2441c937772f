import { isHeadless } from '../../k8s/endpoints.ts';
import { eventsAbout, textOf } from '../../k8s/events.ts';
import type { ConfigMap, Event, KubeObject, Pod, Service, Workload } from '../../k8s/objects.ts';
import { hasSelector } from '../../k8s/pods.ts';
import { namesService, peerMentionsIn, peerNamesIn, settingsOf, unresolvedLines } from '../../k8s/peer-discovery.ts';
import { podsBehind, type PodTrouble } from '../../k8s/pod-troubles.ts';
import { failureOf, reportsTheApp } from '../../k8s/probes.ts';
import { topOwnerOf } from '../../k8s/workloads.ts';
import { configMapsOf } from '../../snapshot/facts.ts';
import type { Exec, Log, Lookup } from '../../snapshot/snapshot.ts';
import {
  allOf,
  confirm,
  defineCheck,
  evidence,
  kubectl,
  notApplicable,
  passed,
  problem,
  type Evidence,
} from '../define.ts';
import { brief } from './pods-in-trouble.ts';

/** An annotation of old: Kubernetes reads `spec.publishNotReadyAddresses` instead. */
const oldAnnotation = 'service.alpha.kubernetes.io/tolerate-unready-endpoints';

export default defineCheck({
  id: 'endpoints/peers-wait-for-each-other',
  title: 'The Pods wait for each other’s names, which exist only for ready Pods',
  why: 'A headless Service publishes the name of a Pod when the Pod is Ready. Members of a cluster that must find their peers before they become Ready then wait for ever. publishNotReadyAddresses: true publishes them at once; that is what the field is for.',
  impact: 'breaks',
  explains: [
    'endpoints/none-ready',
    'endpoints/readiness-probe',
    'endpoints/startup-probe',
    'endpoints/liveness-probe',
    'endpoints/crash-looping',
    'endpoints/init-container',
    'endpoints/ready-condition-false',
    'dns/lookups-fail',
  ],
  needs: ['service', 'pods', 'workloads'],
  uses: ['events', 'logs', 'execs', 'lookups', 'clientConfigMaps'],
  evaluate(facts) {
    const { service, pods, workloads } = facts;
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    const { selected, serving, troubled } = podsBehind(service, pods, facts);
    const owner = selected[0] && topOwnerOf(selected[0], workloads);
    const governs = owner?.kind === 'StatefulSet' && owner.spec.serviceName === service.metadata.name;
    if (!isHeadless(service) && !governs) return notApplicable('the Service gives its Pods no names');
    if (service.spec.publishNotReadyAddresses) return passed('Pods are published before they are ready');
    if (serving.length > 0) return passed('some Pod is published');
    const [first] = troubled.filter(({ trouble }) => mayWait(trouble));
    if (!first) return passed('no Pod waits for its peers');
    const peers = governs ? owner : undefined;
    const failures = troubled.flatMap(({ pod, trouble }) => failuresOf(pod, trouble, service, peers, facts));
    const mentions = peerMentionsIn(textsOf(first.pod, facts.clientConfigMaps ?? []), service, peers);
    if (failures.length === 0 && (mentions.length === 0 || !staysSilent(first.trouble, first.pod)))
      return passed('no Pod was seen to wait for its peers');
    const { name, namespace = '' } = service.metadata;
    const names = [...new Set([...failures.flatMap((each) => each.names), ...mentions.flatMap((each) => each.names)])]
      .slice(0, 3)
      .join(', ');
    const ordered = owner?.kind === 'StatefulSet' && owner.spec.podManagementPolicy !== 'Parallel';
    const old = service.metadata.annotations?.[oldAnnotation];
    const byName = mentions.some((each) => each.names.some((peer) => peer !== name));
    return problem({
      certainty:
        failures.length > 0 || (governs && byName && blamesTheApp(first.trouble, first.pod)) ? 'certain' : 'likely',
      summary: `${owner ? `${owner.kind} ${owner.metadata.name}` : `Pod ${first.pod.metadata.name}`} looks for ${names} while no Pod is Ready, and Service ${name} publishes ready Pods only (publishNotReadyAddresses is not set)`,
      evidence: allOf([
        evidence(
          service,
          'spec.publishNotReadyAddresses',
          `${service.spec.publishNotReadyAddresses ?? 'absent: false'}`,
        ),
        ...failures.slice(0, 3).map((each) => each.evidence),
        ...mentions.slice(0, 3).map(({ object, path, text }) => evidence(object, path, brief(text, 200))),
        ...troubled
          .slice(0, 3)
          .map(({ pod, trouble }) =>
            evidence(pod, 'status.conditions[Ready]', `False: ${brief(trouble.message || trouble.reason, 160)}`),
          ),
        ...(owner?.kind === 'StatefulSet'
          ? [
              evidence(owner, 'spec.serviceName', owner.spec.serviceName ?? 'absent'),
              evidence(owner, 'spec.podManagementPolicy', owner.spec.podManagementPolicy ?? 'OrderedReady'),
            ]
          : []),
        ...(old === undefined
          ? []
          : [evidence(service, `metadata.annotations[${oldAnnotation}]`, `${old}: no longer read`)]),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.publishNotReadyAddresses}'),
          'nothing, which means false',
        ),
      ],
      fix: {
        explain: `Let the Service publish its Pods before they are ready; clients that want ready Pods only use a second Service.${ordered && (owner.spec.replicas ?? 1) > 1 ? ` StatefulSet ${owner.metadata.name} also starts its Pods one by one (OrderedReady): if a member needs its later peers to become ready, create it anew with podManagementPolicy: Parallel.` : ''}`,
        patch: { object: service, type: 'merge', body: { spec: { publishNotReadyAddresses: true } } },
      },
    });
  },
});

/** What the Pod is told: by its spec, and by the ConfigMaps that it reads, where they are known. */
const textsOf = (pod: Pod, maps: readonly ConfigMap[]) => {
  const own = configMapsOf(pod.spec);
  return [
    ...settingsOf(pod.spec).map((setting) => ({ ...setting, object: pod as KubeObject })),
    ...maps
      .filter(({ metadata }) => metadata.namespace === pod.metadata.namespace && own.includes(metadata.name))
      .flatMap((map) =>
        Object.entries(map.data ?? {}).map(([key, text]) => ({
          object: map as KubeObject,
          path: `data[${key}]`,
          text,
        })),
      ),
  ];
};

const mayWait = ({ kind }: PodTrouble): boolean => ['probe', 'crash', 'killed', 'init', 'unexplained'].includes(kind);

/** A Pod that only does not become ready; one whose probe is plainly wrong, or that crashes for another reason, does not wait. */
function staysSilent(trouble: PodTrouble, pod: Pod): boolean {
  if (trouble.kind !== 'probe') return trouble.kind === 'init' || trouble.kind === 'unexplained';
  const failure = probeFailureOf(trouble, pod);
  return (
    !(failure.kind === 'command' && !reportsTheApp(failure, trouble.message)) &&
    failure.kind !== 'unknown port' &&
    failure.kind !== 'expects TLS' &&
    failure.kind !== 'expects plain HTTP' &&
    !(failure.kind === 'status' && failure.code < 500)
  );
}

/** Nothing is wrong with the probe that fails: what it hears is that the app is not ready. */
const blamesTheApp = (trouble: PodTrouble, pod: Pod): boolean =>
  trouble.kind !== 'probe' || reportsTheApp(probeFailureOf(trouble, pod), trouble.message);

const probeFailureOf = (trouble: Extract<PodTrouble, { readonly kind: 'probe' }>, pod: Pod) =>
  failureOf(
    trouble.message,
    pod.spec.containers.find(({ name }) => name === trouble.container)?.[`${trouble.probe}Probe`],
  );

interface Seen {
  readonly events?: readonly Event[] | undefined;
  readonly logs?: readonly Log[] | undefined;
  readonly execs?: readonly Exec[] | undefined;
  readonly lookups?: readonly Lookup[] | undefined;
}

interface Failure {
  readonly names: readonly string[];
  readonly evidence: Evidence;
}

/** Where somebody in this Pod was seen to ask for a peer in vain. */
function failuresOf(
  pod: Pod,
  trouble: PodTrouble,
  service: Service,
  owner: Workload | undefined,
  seen: Seen,
): readonly Failure[] {
  const isOwn = (name: { readonly namespace: string; readonly name: string }) =>
    name.name === pod.metadata.name && name.namespace === pod.metadata.namespace;
  const namesIn = (text: string) => {
    const peers = peerNamesIn(text, service, owner);
    return peers.length > 0 ? peers : namesService(text, service) ? [service.metadata.name] : [];
  };
  const complaints = (text: string, path: string): readonly Failure[] =>
    unresolvedLines(text, (line) => namesIn(line).length > 0)
      .slice(-1)
      .map((line) => ({ names: namesIn(line), evidence: evidence(pod, path, brief(line, 300)) }));
  const lookups = (seen.lookups ?? []).filter(({ from, name, outcome, answers }) => {
    const asked = 'pod' in from && isOwn(from.pod);
    return (
      asked &&
      namesIn(name.replace(/\.$/, '')).length > 0 &&
      (outcome === 'NXDOMAIN' || (outcome === 'NOERROR' && answers?.length === 0))
    );
  });
  return [
    ...(seen.logs ?? [])
      .filter((log) => isOwn(log.pod))
      .flatMap((log) =>
        complaints(log.text, `log of ${log.container ?? pod.spec.containers[0]?.name ?? pod.metadata.name}`),
      ),
    ...(seen.execs ?? [])
      .filter((exec) => isOwn(exec.pod) && exec.exitCode !== 0)
      .flatMap((exec): readonly Failure[] => {
        const command = exec.command.join(' ');
        const names = /getent|nslookup|dig|host|ping|curl|wget|nc\b/.test(command) ? namesIn(command) : [];
        return names.length > 0
          ? [
              {
                names,
                evidence: evidence(
                  pod,
                  `exec ${command}`,
                  `exit code ${exec.exitCode}${exec.output ? `: ${brief(exec.output, 160)}` : ''}`,
                ),
              },
            ]
          : complaints(exec.output, `exec ${command}`);
      }),
    ...lookups.map((lookup): Failure => ({
      names: namesIn(lookup.name),
      evidence: evidence(pod, `lookup ${lookup.name} ${lookup.type}`, lookup.outcome),
    })),
    ...eventsAbout(pod, seen.events ?? []).flatMap((event) => complaints(textOf(event), `events[${event.reason}]`)),
    ...complaints(trouble.message, 'status.containerStatuses[*].lastState.terminated.message'),
  ];
}
