import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { inject } from 'vitest';
import { apiOf } from './api.ts';
import * as stack from './demo.ts';
import * as kubelet from './kubelet.ts';
import { type Answer, kubectl as kubectlOf, run as runIn } from './kubectl.ts';
import type { EndpointSlice, Pod } from './objects.ts';

/**
 * What a test does to the cluster of its run. One namespace per test keeps tests apart; Nodes and kube-system are
 * shared, and who breaks something there puts it back (`restoreClusterDns`, `recoverNode`).
 */

export type { Answer, EndpointSlice, Pod };
export { readyAddresses } from './demo.ts';

/** Paths and address of the running control plane, for a test that starts a program of its own. */
export const controlPlane = inject('controlPlane');

/** The API server itself, without kubectl in between: `get`, `list`, `create`, `patch`, `remove` by path. */
export const api = await apiOf(controlPlane.kubeconfig);

/** A new namespace with a name that no other test has. */
export function createNamespace(prefix = 'test'): Promise<string> {
  return stack.createNamespace(api, `${prefix}-${randomBytes(4).toString('hex')}`);
}

/** `kubectl apply` of YAML whose objects name no namespace, or this one. */
export async function apply(namespace: string, yaml: string): Promise<void> {
  await stack.apply(controlPlane, yaml, namespace);
}

/** What the built kubectl prints, as admin; throws its complaint if it fails. */
export function kubectl(...args: string[]): Promise<string> {
  return kubectlOf(controlPlane, args);
}

/** Runs any command, for example one that a report printed; its `kubectl` is the built one, as admin. */
export function run(command: readonly [string, ...string[]], input = ''): Promise<Answer> {
  return runIn(controlPlane, command, { input });
}

/** Runs the CLI from this clone against the cluster, without colours, whatever the terminal of the test run can do. */
export function svcdoctor(...args: string[]): Promise<Answer> {
  const cli = join(import.meta.dirname, '..', '..', 'bin', 'svcdoctor.js');
  return runIn(controlPlane, [process.execPath, cli, ...args], { variables: { FORCE_COLOR: undefined } });
}

/** The demo stack with everything ready, in a namespace of its own. */
export async function createDemo(): Promise<string> {
  const namespace = await createNamespace('demo');
  await stack.installDemo(controlPlane, api, namespace);
  return namespace;
}

/** Puts back what a test changed about CoreDNS, its Service and its Corefile. */
export function restoreClusterDns(): Promise<void> {
  return stack.installClusterDns(controlPlane, api);
}

export const slicesOf = stack.slicesOf.bind(undefined, api);
export const waitForSlices = stack.waitForSlices.bind(undefined, api);

export const fakeNode = kubelet.fakeNode.bind(undefined, api);
export const loseNode = kubelet.loseNode.bind(undefined, api);
export const recoverNode = kubelet.recoverNode.bind(undefined, api);

export const podsIn = kubelet.podsIn.bind(undefined, api);
export const runPod = kubelet.runPod.bind(undefined, api);
export const runPods = kubelet.runPods.bind(undefined, api);
export const markNotReady = kubelet.markNotReady.bind(undefined, api);
export const crashLoop = kubelet.crashLoop.bind(undefined, api);
export const imagePullBackOff = kubelet.imagePullBackOff.bind(undefined, api);
export const podEvent = kubelet.podEvent.bind(undefined, api);

/** The one Pod of a namespace that has the labels; throws if there are none or several. */
export async function podIn(namespace: string, labels: string): Promise<Pod> {
  const pods = await podsIn(namespace, labels);
  if (pods.length !== 1 || !pods[0]) throw new Error(`${pods.length} Pods in ${namespace} have ${labels}`);
  return pods[0];
}
