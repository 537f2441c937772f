import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { waitForRollouts } from '../demo.ts';
import { type Answer, environmentOf, run } from '../kubectl.ts';
import { api, apply, controlPlane, podsIn } from '../lab.ts';
import type { Node, Pod } from '../objects.ts';
import { type Component, resume, searchPath } from '../processes.ts';
import { inspectCluster } from '../running.ts';

/**
 * What a test does to the cluster with a real node, besides what `../lab.ts` offers for both kinds of cluster. Leave
 * the parts of that file alone that play kubelets: here is a real one.
 */

/** Runs a command on the node, as root: in its network, mount and process namespaces. */
export async function inside(command: readonly [string, ...string[]], input = ''): Promise<Answer> {
  const enter = ['nsenter', `--target=${realNode().init}`, '--mount', '--net', '--pid', '--'] as const;
  return run(controlPlane, [...enter, ...command], { input, variables: { PATH: searchPath() } });
}

function realNode(): { readonly name: string; readonly init: number } {
  if (!controlPlane.node) throw new Error('this cluster has no real node');
  return controlPlane.node;
}

/** Asks until the answer is there and returns it; after a minute an error that says what was waited for. */
export async function waitFor<T>(
  what: string,
  question: () => Promise<T | false | undefined>,
  milliseconds = 60_000,
): Promise<T> {
  for (const deadline = Date.now() + milliseconds; ; await delay(100)) {
    const answer = await question();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${milliseconds / 1000} s`);
  }
}

/** A Pod of the namespace with the labels, as soon as one is as wanted; the error shows how they are instead. */
export async function waitForPod(namespace: string, labels: string, wanted: (pod: Pod) => boolean): Promise<Pod> {
  let seen: Pod[] = [];
  return waitFor(`a Pod with ${labels} in ${namespace}`, async () => {
    seen = await podsIn(namespace, labels);
    return seen.find(wanted);
  }).catch((cause: unknown) => {
    throw new Error(JSON.stringify(seen.map(({ status }) => status)), { cause });
  });
}

export function isReady(pod: Pod): boolean {
  return pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** Why the Pod's first container does not run, such as `CrashLoopBackOff`. */
export function waitingReason(pod: Pod): string | undefined {
  const state = pod.status.containerStatuses?.[0]?.state;
  return state && 'waiting' in state ? state.waiting.reason : undefined;
}

/** `kubectl apply`, then every Deployment and StatefulSet of the namespace has rolled out. */
export async function applyAndWait(namespace: string, yaml: string): Promise<void> {
  await apply(namespace, yaml);
  await waitForRollouts(controlPlane, namespace);
}

/** A Pod with a shell from which a test asks as a client would; returns when it runs. */
export async function startClient(namespace: string, name = 'client'): Promise<Pod> {
  await apply(
    namespace,
    `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 0
  containers: [{ name: shell, image: "busybox:1.36", command: [sleep, "86400"] }]
`,
  );
  return waitForPod(namespace, `app=${name}`, isReady);
}

/** Runs a command in a container; a failing command is an answer. `target` is a Pod's name, or `deploy/NAME`. */
export function exec(namespace: string, target: string, ...command: readonly string[]): Promise<Answer> {
  return run(controlPlane, ['kubectl', 'exec', '-n', namespace, target, '--', ...command]);
}

/** An HTTP GET from a client Pod. It fails after five seconds with exit code 143, at once where it is refused. */
export function get(namespace: string, url: string, client = 'client'): Promise<Answer> {
  return exec(namespace, client, 'timeout', '5', 'wget', '-q', '-O', '-', url);
}

/** The address that a program in a client Pod gets for a name, search list and all; `undefined` if it gets none in 4 s. */
export async function lookUp(namespace: string, name: string, client = 'client'): Promise<string | undefined> {
  // nslookup would search with names of one word only; ping asks the C library. That nobody answers does not matter.
  const { stdout } = await exec(namespace, client, 'timeout', '4', 'ping', '-c', '1', '-W', '1', name);
  return /^PING \S+ \((\S+)\)/.exec(stdout)?.[1];
}

/** `kubectl port-forward` from a free port of the machine, until disposed of. `target` is like `svc/web`. */
export async function portForward(
  namespace: string,
  target: string,
  port: number | string,
): Promise<AsyncDisposable & { readonly port: number }> {
  const child = spawn(join(controlPlane.binaries, 'kubectl'), ['port-forward', '-n', namespace, target, `:${port}`], {
    env: environmentOf(controlPlane),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = async (): Promise<void> => void child.kill();
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
  for await (const line of createInterface({ input: child.stdout })) {
    const [, local] = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line) ?? [];
    if (local !== undefined) return { port: Number(local), [Symbol.asyncDispose]: end };
  }
  throw new Error(`port-forward ${target} ${port}: ${complaint.trim()}`);
}

interface Traffic {
  /** Addresses of Pods. What a Service gets is to the address of one of its Pods by then. */
  readonly from?: string;
  readonly to?: string;
  readonly protocol?: 'tcp' | 'udp';
  readonly port?: number;
}

/**
 * Drops new connections between Pods as an enforced NetworkPolicy does: they time out. Traffic of the node itself, such
 * as probes, passes. Disposing of it lets everything pass again.
 */
export async function drop(...kinds: readonly [Traffic, ...Traffic[]]): Promise<AsyncDisposable> {
  const table = `svcdoctor_${randomBytes(4).toString('hex')}`;
  const rules = kinds.map(({ from, to, protocol = 'tcp', port }) =>
    [
      from === undefined ? '' : `ip saddr ${from}`,
      to === undefined ? '' : `ip daddr ${to}`,
      port === undefined ? `meta l4proto ${protocol}` : `${protocol} dport ${port}`,
      'drop',
    ].join(' '),
  );
  const chain = ['type filter hook forward priority -5', 'policy accept', 'ct state established,related accept'];
  await nft(`table inet ${table} {\n chain between_pods {\n${[...chain, ...rules].join('\n')}\n }\n}\n`);
  return { [Symbol.asyncDispose]: () => nft(`delete table inet ${table}\n`) };
}

async function nft(rules: string): Promise<void> {
  const { exitCode, stderr } = await inside(['nft', '-f', '-'], rules);
  if (exitCode !== 0) throw new Error(`nft: ${stderr.trim()}`);
}

/** The kubelet hangs. After 20 s its Node counts as lost. Disposing of it: it goes on, and its Node is Ready again. */
export async function freezeKubelet(): Promise<AsyncDisposable> {
  const kubelet = await freeze('kubelet');
  return {
    [Symbol.asyncDispose]: async () => {
      resume(kubelet);
      await waitForNode('True');
    },
  };
}

/** kube-proxy hangs until disposed of: the node keeps the rules it has and learns no new ones. */
export async function freezeKubeProxy(): Promise<AsyncDisposable> {
  const kubeProxy = await freeze('kube-proxy');
  return { [Symbol.asyncDispose]: async () => resume(kubeProxy) };
}

/** Returns when the Node's condition Ready has the status. */
export async function waitForNode(ready: 'True' | 'Unknown'): Promise<Node> {
  const { name } = realNode();
  return waitFor(`Ready ${ready} on Node ${name}`, async () => {
    const node = await api.get<Node>(`/api/v1/nodes/${name}`);
    return node.status.conditions?.some(({ type, status }) => type === 'Ready' && status === ready) && node;
  });
}

async function freeze(name: string): Promise<Component> {
  const found = await inspectCluster(controlPlane.state);
  const component = found?.components.find((candidate) => candidate.name === name && candidate.running);
  if (!component) throw new Error(`no ${name} runs`);
  process.kill(component.pid, 'SIGSTOP');
  return component;
}

interface Event {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

/** The events of a namespace with that reason, such as `Unhealthy`. */
export function eventsOf(namespace: string, reason: string): Promise<Event[]> {
  return api.list<Event>(`/api/v1/namespaces/${namespace}/events?fieldSelector=reason=${reason}`);
}
