import type { EndpointSlice, Event, Node, Pod, Service, Workload } from '../../k8s/objects.ts';
import { isHeadless, servedByOthers } from '../../k8s/endpoints.ts';
import { hasSelector } from '../../k8s/pods.ts';
import { isLasting, podsBehind, type PodTrouble, type TroubledPod } from '../../k8s/pod-troubles.ts';
import { refArgs, refTo } from '../../k8s/references.ts';
import { peerMentionsIn, settingsOf } from '../../k8s/peer-discovery.ts';
import { topOwnerOf } from '../../k8s/workloads.ts';
import { evidence, kubectl, type Evidence, type Impact, type NonEmpty } from '../define.ts';

interface PodFacts {
  readonly service: Service;
  readonly pods: readonly Pod[];
  readonly workloads?: readonly Workload[] | undefined;
  readonly events?: readonly Event[] | undefined;
  readonly nodes?: readonly Node[] | undefined;
  readonly slices?: readonly EndpointSlice[] | undefined;
}

type Kind = PodTrouble['kind'];

interface Nothing {
  readonly outcome: 'passed' | 'not-applicable';
  readonly detail: string;
}

/** Pods of a Service that share one kind of trouble, with the words and commands that speak of them. */
export interface InTrouble<K extends Kind> {
  readonly outcome: 'in trouble';
  readonly troubled: NonEmpty<TroubledPod<K>>;
  /** `breaks` where nothing else answers, else `risks`: kube-proxy passes the bad ones over. Slices kept by others may answer too. */
  readonly impact: Impact;
  /** `Pod web-0`, `Both Pods of Deployment web`, `2 of 3 Pods of Deployment web`. */
  readonly subject: string;
  readonly owner: Workload | undefined;
  /** What a person edits: `deployment web -n shop`, or the bare Pod. */
  readonly edited: readonly string[];
  /** `deployment/web`, as `kubectl rollout` and `kubectl set` take it. */
  readonly slashed: string;
  readonly namespace: string;
}

/** The Pods behind the Service in one of these kinds of trouble, or the outcome where there are none. */
export function podsIn<const K extends Kind>(
  kinds: readonly K[],
  facts: PodFacts,
  fine: string,
  belongs: (trouble: TroubledPod<K>['trouble']) => boolean = () => true,
): Nothing | InTrouble<K> {
  const { service, pods, workloads = [], slices = [] } = facts;
  if (!hasSelector(service)) return nothing('not-applicable', 'the Service has no selector');
  const { selected, serving, troubled } = podsBehind(service, pods, facts);
  if (selected.length === 0) return nothing('not-applicable', 'nothing is selected');
  const isOne = (trouble: PodTrouble): trouble is TroubledPod<K>['trouble'] =>
    kinds.some((kind) => kind === trouble.kind);
  const found = troubled.flatMap(({ pod, trouble }): readonly TroubledPod<K>[] =>
    isOne(trouble) && (serving.length === 0 || isLasting(trouble)) && belongs(trouble) ? [{ pod, trouble }] : [],
  );
  const [first, ...rest] = found;
  if (!first) return nothing('passed', fine);
  const owner = topOwnerOf(first.pod, workloads);
  const alive = selected.filter(
    (pod) => serving.includes(pod) || troubled.some((other) => other.pod === pod && other.trouble.kind !== 'finished'),
  );
  return {
    outcome: 'in trouble',
    troubled: [first, ...rest],
    impact: serving.length > 0 || servedByOthers(service, slices).length > 0 ? 'risks' : 'breaks',
    subject: subjectOf(found, Math.max(alive.length, found.length), owner),
    owner,
    edited: refArgs(refTo(owner ?? first.pod)),
    slashed: `${refTo(owner ?? first.pod).kind}/${(owner ?? first.pod).metadata.name}`,
    namespace: service.metadata.namespace ?? '',
  };
}

const nothing = (outcome: Nothing['outcome'], detail: string): Nothing => ({ outcome, detail });

function subjectOf(troubled: readonly { readonly pod: Pod }[], total: number, owner: Workload | undefined): string {
  const count = troubled.length;
  if (total === 1) return `Pod ${troubled[0]?.pod.metadata.name}`;
  const of = owner ? ` of ${owner.kind} ${owner.metadata.name}` : '';
  if (count < total)
    return count === 1 ? `Pod ${troubled[0]?.pod.metadata.name}, one of ${total},` : `${count} of ${total} Pods${of}`;
  return count === 2 ? `Both Pods${of}` : `All ${count} Pods${of}`;
}

/** The text on one line, cut where it grows past `length` characters. */
export function brief(text: string, length = 120): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}

/** At most this many Pods are shown one by one. */
const shown = 3;

/** `containerStatuses` or `initContainerStatuses`, as a path to one container's status. */
export const statusPath = (container: string, init: boolean): string =>
  `status.${init ? 'initContainerStatuses' : 'containerStatuses'}[${container}]`;

/** What Kubernetes says of the first Pods in trouble, each as one piece of evidence. */
export const says = <K extends Kind>(
  troubled: readonly TroubledPod<K>[],
  pathOf: (trouble: TroubledPod<K>['trouble']) => string,
): readonly Evidence[] =>
  troubled
    .slice(0, shown)
    .map(({ pod, trouble }) =>
      evidence(
        pod,
        pathOf(trouble),
        trouble.message ? `${trouble.reason}: ${brief(trouble.message, 300)}` : trouble.reason,
      ),
    );

/** Pods that are told to find each other through this Service, which publishes none of them before it is ready. */
export const mayWaitForPeers = (service: Service, owner: Workload | undefined, pod: Pod): boolean =>
  service.spec.publishNotReadyAddresses !== true &&
  (isHeadless(service) || owner?.spec.serviceName === service.metadata.name) &&
  peerMentionsIn(settingsOf(pod.spec), service, owner?.kind === 'StatefulSet' ? owner : undefined).length > 0;

/** For Pods behind a headless Service that do not get ready: it may be that they look for each other. */
export const peersHint = (service: Service, owner: Workload | undefined): string =>
  isHeadless(service) && service.spec.publishNotReadyAddresses !== true && owner?.kind === 'StatefulSet'
    ? ` If the Pods must find each other by name before they are ready, set publishNotReadyAddresses: true on Service ${service.metadata.name}.`
    : '';

/** Back to the previous revision, where a rollout made the change. */
export const undo = (owner: Workload | undefined, namespace: string): readonly (readonly string[])[] =>
  owner && ['Deployment', 'StatefulSet', 'DaemonSet'].includes(owner.kind)
    ? [kubectl('rollout', 'undo', `${refTo(owner).kind}/${owner.metadata.name}`, '-n', namespace)]
    : [];

/** `Both Pods of …` where other words stand before it. */
export const inSentence = (subject: string): string =>
  subject.replace(/^(Both|All|One) /, (word) => word.toLowerCase());
