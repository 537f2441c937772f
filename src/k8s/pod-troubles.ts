import { named } from './named.ts';
import { containerOf, eventsAbout, textOf } from './events.ts';
import type { Container, ContainerStatus, Event, Node, Pod, Service } from './objects.ts';
import { conditionOf, isFinished, isReady, isSidecar, isTerminating, podsSelectedBy } from './pods.ts';

interface Trouble {
  /** As Kubernetes spells it: `ImagePullBackOff`, `Unschedulable`, `ReadinessGatesNotReady`. */
  readonly reason: string;
  /** What kubelet, the scheduler or a controller says about it; empty where nobody says anything. */
  readonly message: string;
}

interface ContainerTrouble extends Trouble {
  readonly container: string;
  /** It is an init container: the others have not been started yet. */
  readonly init: boolean;
}

interface Gate {
  readonly type: string;
  /** `absent` where no controller has ever written the condition. */
  readonly status: 'False' | 'Unknown' | 'absent';
  readonly reason: string;
  readonly message: string;
}

/** Why one Pod does not serve. */
export type PodTrouble =
  | ({ readonly kind: 'unschedulable' } & Trouble)
  | ({ readonly kind: 'volume' } & Trouble)
  | ({ readonly kind: 'sandbox' } & Trouble)
  | ({ readonly kind: 'image'; readonly image: string } & ContainerTrouble)
  | ({ readonly kind: 'config' } & ContainerTrouble)
  | ({ readonly kind: 'crash'; readonly exitCode: number | undefined; readonly restarts: number } & ContainerTrouble)
  /** Killed by kubelet since this probe fails. */
  | ({
      readonly kind: 'killed';
      readonly probe: 'liveness' | 'startup';
      readonly exitCode: number | undefined;
      readonly restarts: number;
    } & ContainerTrouble)
  /** An init container that runs and does not end. */
  | ({ readonly kind: 'init' } & ContainerTrouble)
  | ({ readonly kind: 'probe'; readonly probe: 'readiness' | 'startup' } & ContainerTrouble)
  | ({ readonly kind: 'gate'; readonly gates: readonly Gate[] } & Trouble)
  | ({ readonly kind: 'node'; readonly node: string } & Trouble)
  | ({ readonly kind: 'terminating' } & Trouble)
  | ({ readonly kind: 'finished'; readonly phase: 'Succeeded' | 'Failed' } & Trouble)
  /** Nothing wrong that anybody reports: its containers are being made. */
  | ({ readonly kind: 'starting' } & Trouble)
  | ({ readonly kind: 'unexplained' } & Trouble);

/** What is known besides the Pod itself. Both make the answer better, neither is demanded. */
export interface Surroundings {
  readonly events?: readonly Event[] | undefined;
  readonly nodes?: readonly Node[] | undefined;
}

/** Why this Pod is no ready endpoint; undefined for one that is Ready and stays. */
export function whyNotReady(pod: Pod, { events = [], nodes }: Surroundings = {}): PodTrouble | undefined {
  if (isServing(pod)) return undefined;
  const own = eventsAbout(pod, events);
  if (isTerminating(pod)) return { kind: 'terminating', reason: 'Terminating', message: newest(own, 'FailedKillPod') };
  if (isFinished(pod)) return finished(pod);
  return (
    unscheduled(pod, own) ??
    containerTrouble(pod, own) ??
    lostNode(pod, nodes) ??
    stillCreating(pod, own) ??
    running(pod, own) ??
    closedGates(pod) ??
    unexplained(pod)
  );
}

const isServing = (pod: Pod): boolean => isReady(pod) && !isTerminating(pod) && !isFinished(pod);

/** Kinds that never mend without a hand: they count from the first minute. The others deserve some patience. */
export const isLasting = (trouble: PodTrouble): boolean =>
  trouble.kind !== 'starting' && trouble.kind !== 'probe' && trouble.kind !== 'unexplained' && trouble.kind !== 'init';

export interface TroubledPod<Kind extends PodTrouble['kind'] = PodTrouble['kind']> {
  readonly pod: Pod;
  readonly trouble: Extract<PodTrouble, { kind: Kind }>;
}

/** The Pods that a Service selects, sorted into those that answer for it and those that do not. */
export interface PodsBehind {
  readonly selected: readonly Pod[];
  readonly serving: readonly Pod[];
  readonly troubled: readonly TroubledPod[];
}

/** With `publishNotReadyAddresses` a Pod whose containers run answers, whatever its condition Ready says. */
export function podsBehind(service: Service, pods: readonly Pod[], surroundings: Surroundings = {}): PodsBehind {
  const selected = podsSelectedBy(service, pods);
  // As nearly always, and asked of every Service by twenty checks.
  if (selected.every(isServing)) return { selected, serving: selected, troubled: [] };
  const judged = selected.map((pod) => ({ pod, trouble: whyNotReady(pod, surroundings) }));
  const forgiven: readonly PodTrouble['kind'][] = service.spec.publishNotReadyAddresses
    ? ['probe', 'gate', 'node', 'unexplained']
    : [];
  const answers = (trouble: PodTrouble | undefined) => trouble === undefined || forgiven.includes(trouble.kind);
  return {
    selected,
    serving: judged.filter(({ trouble }) => answers(trouble)).map(({ pod }) => pod),
    troubled: judged.flatMap(({ pod, trouble }) => (trouble && !answers(trouble) ? [{ pod, trouble }] : [])),
  };
}

function finished(pod: Pod): PodTrouble {
  const { phase, reason, message } = pod.status ?? {};
  const ended = pod.status?.containerStatuses?.map(({ state }) => state?.terminated).find(Boolean);
  return {
    kind: 'finished',
    phase: phase === 'Failed' ? 'Failed' : 'Succeeded',
    reason: reason ?? ended?.reason ?? (phase === 'Failed' ? 'Error' : 'Completed'),
    message: message ?? ended?.message ?? '',
  };
}

function unscheduled(pod: Pod, own: readonly Event[]): PodTrouble | undefined {
  if (pod.spec.nodeName) return undefined;
  const condition = conditionOf(pod, 'PodScheduled');
  if (condition?.status === 'True') return undefined;
  if (!condition && pod.status?.phase !== 'Pending') return undefined;
  const said = condition?.message ?? '';
  return {
    kind: 'unschedulable',
    reason:
      condition?.reason ?? (own.some(({ reason }) => reason === 'FailedScheduling') ? 'Unschedulable' : 'NotScheduled'),
    message: said || newest(own, 'FailedScheduling'),
  };
}

const imageReasons: readonly string[] = [
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
];
const configReasons: readonly string[] = [
  'CreateContainerConfigError',
  'CreateContainerError',
  'PreCreateHookError',
  'PreStartHookError',
  'PostStartHookError',
];

interface Judged {
  readonly container: Container;
  readonly status: ContainerStatus;
  readonly init: boolean;
}

/** Init containers in their order, then the others, each with what kubelet says of it. */
const judgedContainersOf = (pod: Pod): readonly Judged[] => {
  const pair = (containers: readonly Container[], statuses: readonly ContainerStatus[], init: boolean) =>
    statuses.map((status) => ({
      container: containers.find(({ name }) => name === status.name) ?? { name: status.name },
      status,
      init,
    }));
  return [
    ...pair(pod.spec.initContainers ?? [], pod.status?.initContainerStatuses ?? [], true),
    ...pair(pod.spec.containers, pod.status?.containerStatuses ?? [], false),
  ];
};

/** What a container's own state says: it cannot be made, or does not stay. */
function containerTrouble(pod: Pod, own: readonly Event[]): PodTrouble | undefined {
  for (const judged of judgedContainersOf(pod)) {
    const trouble = cannotBeMade(judged, own) ?? doesNotStay(pod, judged, own);
    if (trouble) return trouble;
  }
  return undefined;
}

function cannotBeMade({ container, status, init }: Judged, own: readonly Event[]): PodTrouble | undefined {
  const { reason = '', message = '' } = status.state?.waiting ?? {};
  const about = { container: container.name, init, reason };
  if (imageReasons.includes(reason)) {
    const image = container.image ?? status.image ?? '';
    const pull = own.find((event) => event.reason === 'Failed' && textOf(event).includes('pull image'));
    return { kind: 'image', image, ...about, message: pull ? textOf(pull) : message };
  }
  if (configReasons.includes(reason)) {
    const failed = own.find((event) => event.reason === 'Failed' && textOf(event).startsWith('Error:'));
    return { kind: 'config', ...about, message: message || (failed ? textOf(failed).replace(/^Error:\s*/, '') : '') };
  }
  return undefined;
}

function doesNotStay(pod: Pod, { container, status, init }: Judged, own: readonly Event[]): PodTrouble | undefined {
  const { state, lastState, restartCount = 0, ready } = status;
  const sidecar = init && isSidecar(container);
  if (init && !sidecar && state?.terminated?.exitCode === 0) return undefined;
  const last = state?.terminated ?? lastState?.terminated;
  const waits = state?.waiting?.reason ?? '';
  const waitMessage = state?.waiting?.message ?? '';
  const backOff = waits === 'CrashLoopBackOff' || waits === 'RunContainerError' || waits === 'StartError';
  const ended = state?.terminated !== undefined;
  const flaps =
    state?.running !== undefined &&
    ready !== true &&
    restartCount >= 3 &&
    last !== undefined &&
    !probeAnswered(own, container.name);
  const killed = killedBy(own, container.name, last?.exitCode, last?.reason);
  if (!backOff && !ended && !flaps && !(killed && ready !== true && restartCount > 0)) return undefined;
  const about = {
    container: container.name,
    init,
    exitCode: last?.exitCode,
    restarts: restartCount,
    message: last?.message ?? (/^back-off/i.test(waitMessage) ? '' : waitMessage),
  };
  if (killed) return { kind: 'killed', ...about, ...killed, reason: waits || (last?.reason ?? 'Unhealthy') };
  return {
    kind: 'crash',
    ...about,
    reason: last?.reason === 'OOMKilled' ? 'OOMKilled' : waits || (last?.reason ?? 'Error'),
  };
}

/** Kubelet's own word for the kill decides; a failing liveness probe alone does so only where the exit was a signal's. */
function killedBy(
  own: readonly Event[],
  container: string,
  exitCode: number | undefined,
  reason: string | undefined,
): { readonly probe: 'liveness' | 'startup'; readonly message: string } | undefined {
  if (reason === 'OOMKilled') return undefined;
  const about = own.filter((event) => (containerOf(event) ?? container) === container);
  const kill = about.find(
    (event) =>
      (event.reason === 'Killing' || event.reason === 'Unhealthy') &&
      /failed (liveness|startup) probe|(liveness|startup) probe failed.*(restart|kill)/i.test(textOf(event)),
  );
  const failed = about.find(
    (event) => event.reason === 'Unhealthy' && /^(Liveness|Startup) probe (failed|errored)/.test(textOf(event)),
  );
  const bySignal = exitCode === 137 || exitCode === 143 || exitCode === 0;
  if (!kill && !(failed && bySignal)) return undefined;
  const said = textOf(failed ?? kill ?? own[0] ?? ({} as Event));
  return { probe: /startup/i.test(textOf(kill ?? failed ?? ({} as Event))) ? 'startup' : 'liveness', message: said };
}

const probeAnswered = (own: readonly Event[], container: string): boolean =>
  own.some(
    (event) =>
      event.reason === 'Unhealthy' &&
      (containerOf(event) ?? container) === container &&
      textOf(event).startsWith('Readiness probe failed: HTTP probe failed with statuscode'),
  );

/** A node whose kubelet does not report: nobody renews the Pod's conditions, and the node controller turns Ready to False. */
function lostNode(pod: Pod, nodes: readonly Node[] | undefined): PodTrouble | undefined {
  const name = pod.spec.nodeName;
  if (!name) return undefined;
  const about = { kind: 'node', node: name } as const;
  const node = named(nodes, name);
  const condition = node && conditionOf(node, 'Ready');
  if (condition && condition.status !== 'True')
    return { ...about, reason: condition.reason ?? `Ready=${condition.status}`, message: condition.message ?? '' };
  if (pod.status?.reason === 'NodeLost')
    return { ...about, reason: pod.status.reason, message: pod.status.message ?? '' };
  const claimsToRun = judgedContainersOf(pod).every(({ status }) => status.ready === true || status.state?.terminated);
  if (nodes && nodes.length > 0 && !node && claimsToRun)
    return { ...about, reason: 'NodeNotFound', message: `no Node is called ${name}` };
  return undefined;
}

const sandboxReasons: readonly string[] = ['FailedCreatePodSandBox', 'NetworkNotReady', 'FailedPodSandBoxStatus'];
const volumeReasons: readonly string[] = [
  'FailedMount',
  'FailedAttachVolume',
  'FailedMapVolume',
  'FailedMountOnFilesystemMismatch',
];

function stillCreating(pod: Pod, own: readonly Event[]): PodTrouble | undefined {
  const judged = judgedContainersOf(pod);
  const busy = judged.find(
    ({ init, status, container }) =>
      init && !isSidecar(container) && status.state?.running !== undefined && status.ready !== true,
  );
  if (busy) {
    return { kind: 'init', container: busy.container.name, init: true, reason: 'running', message: '' };
  }
  const making =
    judged.length === 0 ||
    judged.some(({ status }) => status.state?.running === undefined && !status.ready && !status.state?.terminated);
  if (!making) return undefined;
  const failed = own.find(({ reason = '' }) => volumeReasons.includes(reason) || sandboxReasons.includes(reason));
  const reason = failed?.reason ?? '';
  if (failed) {
    const root = volumeReasons.includes(reason) ? tellingMountEvent(own) : failed;
    return {
      kind: volumeReasons.includes(reason) ? 'volume' : 'sandbox',
      reason: root.reason ?? reason,
      message: textOf(root),
    };
  }
  if (judged.length === 0 && pod.status?.phase !== 'Pending') return undefined;
  const waiting = judged.map(({ status }) => status.state?.waiting).find((state) => state?.reason);
  return { kind: 'starting', reason: waiting?.reason ?? 'ContainerCreating', message: waiting?.message ?? '' };
}

/** Of kubelet's mount events, the one that names the cause: `timed out waiting for the condition` names none. */
const tellingMountEvent = (own: readonly Event[]): Event => {
  const mounts = own.filter(({ reason = '' }) => volumeReasons.includes(reason));
  return (
    mounts.find((event) => !/timed out waiting for the condition|context deadline exceeded/.test(textOf(event))) ??
    mounts[0] ??
    ({} as Event)
  );
};

/** Its containers run, and kubelet does not call one of them ready. */
function running(pod: Pod, own: readonly Event[]): PodTrouble | undefined {
  const unhealthy = own.filter(({ reason }) => reason === 'Unhealthy' || reason === 'ProbeWarning');
  for (const { container, status, init } of judgedContainersOf(pod)) {
    if (status.ready === true || status.state?.running === undefined) continue;
    const said = (probe: string) =>
      unhealthy.find(
        (event) =>
          (containerOf(event) ?? container.name) === container.name && textOf(event).toLowerCase().startsWith(probe),
      );
    const startup = container.startupProbe !== undefined && status.started !== true;
    const probe = startup || (!container.readinessProbe && said('startup')) ? 'startup' : 'readiness';
    const event = said(probe);
    const defined = probe === 'startup' ? container.startupProbe : container.readinessProbe;
    if (!defined && !event) continue;
    return {
      kind: 'probe',
      probe,
      container: container.name,
      init,
      reason: 'Unhealthy',
      message: event ? textOf(event) : '',
    };
  }
  return undefined;
}

function closedGates(pod: Pod): PodTrouble | undefined {
  const gates = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }): readonly Gate[] => {
    const condition = conditionOf(pod, conditionType);
    if (condition?.status === 'True') return [];
    return [
      {
        type: conditionType,
        status: condition?.status ?? 'absent',
        reason: condition?.reason ?? '',
        message: condition?.message ?? '',
      },
    ];
  });
  const unreadyContainer = judgedContainersOf(pod).some(({ status, init }) => !init && status.ready !== true);
  if (gates.length === 0 || unreadyContainer) return undefined;
  return { kind: 'gate', gates, reason: 'ReadinessGatesNotReady', message: conditionOf(pod, 'Ready')?.message ?? '' };
}

function unexplained(pod: Pod): PodTrouble {
  const ready = conditionOf(pod, 'Ready');
  return { kind: 'unexplained', reason: ready?.reason ?? 'NotReady', message: ready?.message ?? '' };
}

const newest = (own: readonly Event[], reason: string): string => {
  const found = own.find((event) => event.reason === reason);
  return found ? textOf(found) : '';
};
