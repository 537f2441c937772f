import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { type Api, ApiError } from './api.ts';
import { ClusterError } from './cluster-error.ts';
import type { ControlPlane } from './record.ts';
import { kubectl } from './kubectl.ts';
import { fakeNode, runPods } from './kubelet.ts';
import type { EndpointSlice, Node } from './objects.ts';

const here = import.meta.dirname;

/**
 * The cluster's DNS, ready, and two Nodes for it where there is no real one. Restores DNS if a test has broken it; may
 * be called again.
 */
export async function installClusterDns(controlPlane: ControlPlane, api: Api): Promise<void> {
  if (!controlPlane.node) await playNodes(api);
  await put(controlPlane, await readFile(join(here, 'manifests', 'kube-system.yaml'), 'utf8'));
  await settle(controlPlane, api, 'kube-system');
  await waitForSlices(api, 'kube-system', 'kube-dns', (slices) => readyAddresses(slices).length === 2);
}

/**
 * The demo stack of fixtures/demo, its Pods ready and behind their Services; into another namespace than `demo` if one
 * is named, which must exist. May be called again: what was changed in its objects is put back.
 */
export async function installDemo(controlPlane: ControlPlane, api: Api, namespace = 'demo'): Promise<void> {
  await put(controlPlane, await demoManifests(namespace));
  await settle(controlPlane, api, namespace);
  await waitForSlices(api, namespace, 'db', (slices) => readyAddresses(slices).length === 1);
  await waitForSlices(api, namespace, 'api', (slices) => readyAddresses(slices).length === 2);
}

async function playNodes(api: Api): Promise<void> {
  const nodes = (await api.list<Node>('/api/v1/nodes')).map(({ metadata }) => metadata.name);
  for (const name of ['node-1', 'node-2']) if (!nodes.includes(name)) await fakeNode(api, name);
}

/** All Pods of a namespace as its Deployments want them, and ready: played, or waited for. */
async function settle(controlPlane: ControlPlane, api: Api, namespace: string): Promise<void> {
  if (controlPlane.node) await waitForRollouts(controlPlane, namespace);
  else await runPods(api, namespace);
}

/** Returns when every Deployment and StatefulSet of the namespace has rolled out, or throws what it waits for. */
export async function waitForRollouts(controlPlane: ControlPlane, namespace: string): Promise<void> {
  const workloads = await kubectl(controlPlane, ['get', 'deployments,statefulsets', '-n', namespace, '-o', 'name']);
  const waiting = workloads
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((workload) => kubectl(controlPlane, ['rollout', 'status', workload, '-n', namespace, '--timeout=60s']));
  await Promise.all(waiting);
}

async function demoManifests(namespace: string): Promise<string> {
  const folder = join(here, '..', '..', 'fixtures', 'demo');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).toSorted();
  const text = (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('\n---\n');
  if (namespace === 'demo') return text;
  return parseAllDocuments(text)
    .filter((document) => document.hasIn(['metadata', 'namespace']))
    .map((document) => {
      document.setIn(['metadata', 'namespace'], namespace);
      return document.toString();
    })
    .join('\n---\n');
}

/** `kubectl apply`; with a namespace, for objects that name none or this one. */
export async function apply(controlPlane: ControlPlane, yaml: string, namespace?: string): Promise<string> {
  return kubectl(controlPlane, ['apply', ...(namespace ? ['-n', namespace] : []), '-f', '-'], yaml);
}

/**
 * Makes the objects what the YAML says, also where `apply` alone would keep a field that somebody has added. `replace`
 * reads an object and writes it with that resourceVersion, so a controller that writes in between is a reason to ask
 * again.
 */
async function put(controlPlane: ControlPlane, yaml: string): Promise<void> {
  const done = await apply(controlPlane, yaml);
  const existed = / (unchanged|configured)$/m.test(done);
  if (!existed) return;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await kubectl(controlPlane, ['replace', '--save-config', '-f', '-'], yaml);
      return;
    } catch (error) {
      const conflict = error instanceof Error && error.message.includes('(Conflict)');
      if (!conflict || attempt === 10) throw error;
    }
  }
}

/** What the endpoint slice controller currently says about a Service. */
export function slicesOf(api: Api, namespace: string, service: string): Promise<EndpointSlice[]> {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${service}`);
  return api.list(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${selector}`);
}

/** The slices as soon as they are as wanted; after half a minute an error that shows how they are instead. */
export async function waitForSlices(
  api: Api,
  namespace: string,
  service: string,
  wanted: (slices: EndpointSlice[]) => boolean,
): Promise<EndpointSlice[]> {
  for (const deadline = Date.now() + 30_000; ; await delay(25)) {
    const slices = await slicesOf(api, namespace, service);
    if (wanted(slices)) return slices;
    if (Date.now() > deadline) {
      const seen = slices.map(({ endpoints, ports }) => ({ endpoints, ports }));
      throw new ClusterError(`the slices of ${namespace}/${service} stay otherwise: ${JSON.stringify(seen)}`);
    }
  }
}

/** Addresses that get traffic: an endpoint whose `ready` is absent counts as ready, as for kube-proxy. */
export function readyAddresses(slices: readonly EndpointSlice[]): string[] {
  return slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions.ready !== false)
    .flatMap(({ addresses }) => addresses);
}

/** A new namespace whose default ServiceAccount exists, so that the next call may create Pods in it. */
export async function createNamespace(api: Api, name: string): Promise<string> {
  await api.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const deadline = Date.now() + 10_000; ; await delay(10)) {
    try {
      await api.get(`/api/v1/namespaces/${name}/serviceaccounts/default`);
      return name;
    } catch (cause) {
      if (!(cause instanceof ApiError && cause.status === 404) || Date.now() > deadline) throw cause;
    }
  }
}
