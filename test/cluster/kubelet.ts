import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from './api.ts';
import { ClusterError } from './cluster-error.ts';
import type { Condition, Container, ContainerStatus, Node, Pod, Workload } from './objects.ts';

/**
 * Plays the kubelets, which a control plane alone does not have: it registers Nodes and writes what kubelets would
 * report about Pods, field by field as they do. Everything else (scheduling, ReplicaSets, EndpointSlices) is real.
 */

export interface NodeOptions {
  readonly labels?: Readonly<{ [key: string]: string }>;
  readonly allocatable?: Readonly<{ [resource: string]: string }>;
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
}

/** A Ready Node with an address and a Pod range of its own; returns when the scheduler may use it. */
export async function fakeNode(api: Api, name: string, options: NodeOptions = {}): Promise<Node> {
  const path = `/api/v1/nodes/${name}`;
  const taken = new Set((await api.list<Node>('/api/v1/nodes')).map((node) => node.spec.podCIDR));
  const number = Array.from({ length: 200 }, (_, index) => index + 1).find((n) => !taken.has(podRange(n)));
  if (number === undefined) throw new ClusterError('200 Nodes are enough');
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    ...options.labels,
  };
  await api.create('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: { podCIDR: podRange(number), podCIDRs: [podRange(number)], taints: options.taints ?? [] },
  });
  // Big enough that the Pods of a whole test run fit: nothing is ever too full by accident.
  const allocatable = { cpu: '64', memory: '256Gi', 'ephemeral-storage': '500Gi', pods: '250', ...options.allocatable };
  await api.patch(`${path}/status`, {
    status: {
      addresses: [
        { type: 'InternalIP', address: `10.0.0.${number + 10}` },
        { type: 'Hostname', address: name },
      ],
      capacity: allocatable,
      allocatable,
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      conditions: nodeConditions('True', 'KubeletReady', 'kubelet is posting ready status'),
    },
  });
  // Admission taints every new Node as not ready; the controller manager lifts it when it has seen the condition.
  for (const deadline = Date.now() + 20_000; ; await delay(25)) {
    const node = await api.get<Node>(path);
    if (!node.spec.taints?.some(({ key }) => key === 'node.kubernetes.io/not-ready')) return node;
    if (Date.now() > deadline) throw new ClusterError(`Node ${name} stays tainted as not ready`);
  }
}

/**
 * What the cluster looks like once a Node has stopped answering: its condition Unknown and, by the hand of the
 * controller manager, Ready False on its Pods, whose containers still count as ready.
 */
export async function loseNode(api: Api, name: string): Promise<void> {
  await api.patch(`/api/v1/nodes/${name}/status`, {
    status: { conditions: nodeConditions('Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.') },
  });
  for (const pod of await api.list<Pod>(`/api/v1/pods?fieldSelector=spec.nodeName=${name}`)) {
    const conditions = (pod.status.conditions ?? []).map((condition) =>
      condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime: now() } : condition,
    );
    await api.patch(`${pathOf(pod)}/status`, { status: { conditions } });
  }
}

/** Undoes `loseNode`: the kubelet is back and says so. */
export async function recoverNode(api: Api, name: string): Promise<void> {
  const conditions = nodeConditions('True', 'KubeletReady', 'kubelet is posting ready status');
  await api.patch(`/api/v1/nodes/${name}/status`, { status: { conditions } });
  for (const pod of await api.list<Pod>(`/api/v1/pods?fieldSelector=spec.nodeName=${name}`)) {
    if (pod.status.containerStatuses?.every(({ ready }) => ready)) await runPod(api, pod);
  }
}

/** The Pods of a namespace, those with all the given labels (`app=db,tier=data`) if any are given. */
export function podsIn(api: Api, namespace: string, labels = ''): Promise<Pod[]> {
  return api.list<Pod>(`/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(labels)}`);
}

/** Marks one scheduled Pod as running and ready, with an address that no other Pod has. Gates that are not met hold. */
export async function runPod(api: Api, pod: Pod): Promise<Pod> {
  return report(api, pod, 'Running', (container) => runningContainer(container, pod, true));
}

/**
 * Lets the kubelets do their work until the namespace is at rest: scheduled Pods run and are ready, Pods being deleted
 * go, rollouts come to their end. Pods that cannot be scheduled, and ReplicaSets that may not create Pods, stay as
 * they are. Returns the Pods. EndpointSlices may follow a moment later: wait for those with `waitForSlices`.
 */
export async function runPods(api: Api, namespace: string): Promise<Pod[]> {
  for (const deadline = Date.now() + 20_000; ; await delay(40)) {
    const pods = await podsIn(api, namespace);
    for (const pod of pods) {
      if (pod.metadata.deletionTimestamp) await api.remove(pathOf(pod));
      else if (pod.spec.nodeName && !isDone(pod)) await runPod(api, pod);
    }
    const stuck = pods.some(isUnschedulable);
    const quiet = pods.every((pod) => !pod.metadata.deletionTimestamp && (isDone(pod) || isUnschedulable(pod)));
    const unready = pods.some((pod) => conditionOf(pod, 'Ready')?.status !== 'True');
    if (quiet && (await workloadsAtRest(api, namespace, stuck, unready))) return pods;
    if (Date.now() > deadline) throw new ClusterError(`namespace ${namespace} does not come to rest within 20 s`);
  }
}

/** The Pod runs, but its readiness probe fails. Reason and message are those of the Ready condition. */
export async function markNotReady(api: Api, pod: Pod, reason?: string, message?: string): Promise<Pod> {
  return report(api, pod, 'Running', (container) => runningContainer(container, pod, false), { reason, message });
}

export interface CrashOptions {
  readonly restarts?: number;
  readonly exitCode?: number;
  /** Why the last run ended: `Error`, `OOMKilled`, `Completed`, … */
  readonly reason?: string;
}

/** All containers of the Pod have crashed again and wait for their next start. */
export async function crashLoop(api: Api, pod: Pod, options: CrashOptions = {}): Promise<Pod> {
  const { restarts = 5, exitCode = 1, reason = 'Error' } = options;
  return report(api, pod, 'Running', (container) => ({
    ...identityOf(container, pod),
    ready: false,
    started: false,
    restartCount: restarts,
    state: {
      waiting: {
        reason: 'CrashLoopBackOff',
        message: `back-off 2m40s restarting failed container=${container.name} pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`,
      },
    },
    lastState: { terminated: { exitCode, reason, startedAt: now(-12), finishedAt: now(-10) } },
  }));
}

/** The Pod is Pending because none of its images can be pulled. */
export async function imagePullBackOff(api: Api, pod: Pod): Promise<Pod> {
  return report(api, pod, 'Pending', (container) => ({
    name: container.name,
    image: container.image,
    imageID: '',
    ready: false,
    started: false,
    restartCount: 0,
    state: {
      waiting: {
        reason: 'ImagePullBackOff',
        message: `Back-off pulling image "${container.image}": ErrImagePull: failed to resolve reference "${container.image}": not found`,
      },
    },
  }));
}

export interface PodEvent {
  readonly type?: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
  /** The container that it is about; by default the Pod's first. */
  readonly container?: string;
}

/** An event about a Pod as its kubelet records it, last seen now. */
export async function podEvent(api: Api, pod: Pod, event: PodEvent): Promise<void> {
  const { name, namespace, uid } = pod.metadata;
  const source = { component: 'kubelet', host: pod.spec.nodeName ?? '' };
  const container = event.container ?? pod.spec.containers[0]?.name;
  await api.create(`/api/v1/namespaces/${namespace}/events`, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace, generateName: `${name}.` },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid, fieldPath: `spec.containers{${container}}` },
    type: event.type ?? 'Warning',
    reason: event.reason,
    message: event.message,
    count: event.count ?? 1,
    firstTimestamp: now(-60),
    lastTimestamp: now(),
    source,
    reportingComponent: source.component,
    reportingInstance: source.host,
  });
}

type Judge = (container: Container) => ContainerStatus;

/** Writes a Pod's status as a kubelet would from the state of its containers. */
async function report(
  api: Api,
  pod: Pod,
  phase: 'Pending' | 'Running',
  judge: Judge,
  words: { reason?: string | undefined; message?: string | undefined } = {},
): Promise<Pod> {
  const { nodeName, containers, initContainers = [] } = pod.spec;
  if (!nodeName) throw new ClusterError(`Pod ${pod.metadata.name} is not scheduled: no kubelet would touch it`);
  const node = await api.get<Node>(`/api/v1/nodes/${nodeName}`);
  const hostIP = node.status.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '';
  const podIP = pod.status.podIP ?? (pod.spec.hostNetwork ? hostIP : await freeAddress(api, node));
  const containerStatuses = containers.map(judge);
  const initContainerStatuses = initContainers.map((container) =>
    container.restartPolicy === 'Always' ? runningContainer(container, pod, true) : completedContainer(container, pod),
  );
  const written = api.patch<Pod>(`${pathOf(pod)}/status`, {
    status: {
      phase,
      hostIP,
      hostIPs: [{ ip: hostIP }],
      podIP,
      podIPs: [{ ip: podIP }],
      startTime: pod.status.startTime ?? now(),
      conditions: conditionsFor(pod, containerStatuses, words),
      containerStatuses,
      initContainerStatuses,
    },
  });
  return written.finally(() => promised.delete(podIP));
}

/** Ready follows from the containers, then from the gates, in the kubelet's words. */
function conditionsFor(
  pod: Pod,
  statuses: readonly ContainerStatus[],
  words: { reason?: string | undefined; message?: string | undefined },
): Condition[] {
  const unready = statuses.filter(({ ready }) => !ready).map(({ name }) => name);
  const gates = (pod.spec.readinessGates ?? []).map(({ conditionType }) => conditionType);
  const unmet = gates.filter((gate) => conditionOf(pod, gate)?.status !== 'True');
  const containersReady = verdict(unready.length === 0, {
    reason: words.reason ?? 'ContainersNotReady',
    message: words.message ?? `containers with unready status: [${unready.join(' ')}]`,
  });
  const gatesMet = verdict(unmet.length === 0, {
    reason: 'ReadinessGatesNotReady',
    message: unmet.map((gate) => `corresponding condition of pod readiness gate "${gate}" does not exist.`).join(' '),
  });
  const mine = {
    PodReadyToStartContainers: verdict(true),
    Initialized: verdict(true),
    ContainersReady: containersReady,
    Ready: containersReady.status === 'True' ? gatesMet : containersReady,
  };
  const others = (pod.status.conditions ?? []).filter(({ type }) => !Object.hasOwn(mine, type));
  return [
    ...others,
    ...Object.entries(mine).map(([type, condition]) => ({ type, ...condition, lastTransitionTime: now() })),
  ];
}

function verdict(
  holds: boolean,
  otherwise: { reason?: string; message?: string } = {},
): { status: 'True' } | { status: 'False'; reason?: string; message?: string } {
  return holds ? { status: 'True' } : { status: 'False', ...otherwise };
}

function runningContainer(container: Container, pod: Pod, ready: boolean): ContainerStatus {
  return {
    ...identityOf(container, pod),
    ready,
    started: true,
    restartCount: 0,
    state: { running: { startedAt: now() } },
  };
}

function completedContainer(container: Container, pod: Pod): ContainerStatus {
  const terminated = { exitCode: 0, reason: 'Completed', startedAt: now(-2), finishedAt: now(-1) };
  return { ...identityOf(container, pod), ready: true, started: false, restartCount: 0, state: { terminated } };
}

function identityOf(
  { name, image }: Container,
  pod: Pod,
): Pick<ContainerStatus, 'name' | 'image' | 'imageID' | 'containerID'> {
  const digest = createHash('sha256').update(`${pod.metadata.uid}/${name}/${image}`).digest('hex');
  return { name, image, imageID: `${image}@sha256:${digest}`, containerID: `containerd://${digest}` };
}

function nodeConditions(status: Condition['status'], reason: string, message: string): object[] {
  const times = { lastHeartbeatTime: now(), lastTransitionTime: now() };
  const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) =>
    status === 'True'
      ? { type, status: 'False', reason: `KubeletHasNo${type}`, message: '', ...times }
      : { type, status, reason, message, ...times },
  );
  return [...pressures, { type: 'Ready', status, reason, message, ...times }];
}

function podRange(number: number): string {
  return `10.244.${number}.0/24`;
}

/** Handed out, but perhaps not yet written to a Pod. */
const promised = new Set<string>();

async function freeAddress(api: Api, node: Node): Promise<string> {
  const prefix = (node.spec.podCIDR ?? podRange(250)).replace(/0\/24$/, '');
  const taken = new Set((await api.list<Pod>('/api/v1/pods')).map((pod) => pod.status.podIP));
  for (let host = 2; host < 255; host += 1) {
    const address = `${prefix}${host}`;
    if (taken.has(address) || promised.has(address)) continue;
    promised.add(address);
    return address;
  }
  throw new ClusterError(`Node ${node.metadata.name} has no free Pod address`);
}

function conditionOf(object: { status: { conditions?: readonly Condition[] } }, type: string): Condition | undefined {
  return object.status.conditions?.find((condition) => condition.type === type);
}

/** Nothing is left for a kubelet to report: ready, or held back by a gate alone, or run to its end. */
function isDone(pod: Pod): boolean {
  const { phase } = pod.status;
  if (phase === 'Succeeded' || phase === 'Failed') return true;
  const ready = conditionOf(pod, 'Ready');
  return ready?.status === 'True' || ready?.reason === 'ReadinessGatesNotReady';
}

function isUnschedulable(pod: Pod): boolean {
  return conditionOf(pod, 'PodScheduled')?.reason === 'Unschedulable';
}

/** Every controller has seen its latest spec and has as many Pods of it as it wants, or is not allowed to. */
async function workloadsAtRest(api: Api, namespace: string, stuck: boolean, unready: boolean): Promise<boolean> {
  const of = (kind: string) => api.list<Workload>(`/apis/apps/v1/namespaces/${namespace}/${kind}`);
  const [deployments, statefulSets, replicaSets] = await Promise.all([
    of('deployments'),
    of('statefulsets'),
    of('replicasets'),
  ]);
  const atRest = ({ metadata, spec, status }: Workload) => {
    if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false;
    if (stuck || isForbidden(status)) return true;
    const wanted = spec.replicas ?? 1;
    return (status.replicas ?? 0) === wanted && (unready || (status.readyReplicas ?? 0) === wanted);
  };
  const rolledOut = ({ spec, status }: Workload) =>
    stuck || isForbidden(status) || (status.updatedReplicas ?? 0) === (spec.replicas ?? 1);
  const rolling = [...deployments, ...statefulSets];
  return [...rolling, ...replicaSets].every(atRest) && rolling.every(rolledOut);
}

/** A quota or an admission plugin refuses the Pods. */
function isForbidden({ conditions = [] }: Workload['status']): boolean {
  return conditions.some(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
}

function pathOf(pod: Pod): string {
  return `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
}

/** RFC 3339 with whole seconds, as Kubernetes writes it. */
function now(offsetSeconds = 0): string {
  return new Date(Date.now() + offsetSeconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}
