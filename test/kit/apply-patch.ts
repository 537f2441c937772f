import type { Patch } from '../../src/checks/define.ts';
import type { KubeObject, Pod, Workload } from '../../src/k8s/objects.ts';
import { controllerOf } from '../../src/k8s/workloads.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The snapshot after the patch: the object itself changed and, below a workload, its ReplicaSets and Pods as a rollout would leave them. */
export function applyPatch(snapshot: Snapshot, patch: Patch): Snapshot {
  const { object } = patch;
  const patched = patchObject(structuredClone(object), patch);
  const below = (candidate: KubeObject): boolean => {
    const owner = controllerOf(candidate);
    if (!owner || candidate.metadata.namespace !== object.metadata.namespace) return false;
    if (owner.kind === object.kind && owner.name === object.metadata.name) return true;
    const parent = snapshot.objects.find(
      ({ kind, metadata }) =>
        kind === owner.kind && metadata.name === owner.name && metadata.namespace === candidate.metadata.namespace,
    );
    return parent !== undefined && below(parent);
  };
  const before = (object as Workload).spec?.template;
  const after = (patched as Workload).spec?.template;
  const rolledOut = before && after && JSON.stringify(before) !== JSON.stringify(after);
  return {
    ...snapshot,
    objects: snapshot.objects.map((candidate) => {
      if (candidate === object || sameObject(candidate, object)) return patched;
      if (!rolledOut || !below(candidate)) return candidate;
      const labels = { ...candidate.metadata.labels, ...after.metadata?.labels };
      if (candidate.kind === 'Pod') {
        const { nodeName, hostname, subdomain } = (candidate as Pod).spec;
        return {
          ...candidate,
          metadata: { ...candidate.metadata, labels },
          spec: defined({ ...after.spec, nodeName, hostname, subdomain }),
        } as KubeObject;
      }
      return { ...candidate, spec: { ...(candidate as Workload).spec, template: after } } as KubeObject;
    }),
  };
}

const defined = (value: object) => Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));

const sameObject = (a: KubeObject, b: KubeObject) =>
  a.kind === b.kind &&
  a.apiVersion === b.apiVersion &&
  a.metadata.name === b.metadata.name &&
  a.metadata.namespace === b.metadata.namespace;

export function patchObject(object: KubeObject, { type, body }: Pick<Patch, 'type' | 'body'>): KubeObject {
  const target = object as unknown as Json;
  if (type === 'json')
    return jsonPatch(target, body as { op: string; path: string; value?: Json }[]) as unknown as KubeObject;
  return mergePatch(target, body as Json, type === 'strategic') as unknown as KubeObject;
}

/** RFC 7386; with `strategic`, lists of named things (containers, env, volumes) are merged by name, and ports by their number. */
function mergePatch(target: Json, patch: Json, strategic: boolean): Json {
  if (patch === null || typeof patch !== 'object') return patch;
  if (Array.isArray(patch)) {
    const keyOf = (item: Json) =>
      item && typeof item === 'object' && !Array.isArray(item)
        ? (item['name'] ?? item['port'] ?? item['containerPort'])
        : undefined;
    if (!strategic || !Array.isArray(target) || !patch.every((item) => keyOf(item) !== undefined)) return patch;
    const merged = target.map((item) => {
      const change = patch.find((candidate) => keyOf(candidate) === keyOf(item));
      return change === undefined ? item : mergePatch(item, change, strategic);
    });
    return [...merged, ...patch.filter((item) => !target.some((existing) => keyOf(existing) === keyOf(item)))];
  }
  const result: { [key: string]: Json } =
    target && typeof target === 'object' && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key] ?? null, value, strategic);
  }
  return result;
}

/** RFC 6902: add, replace, remove and test. Throws where the API server would refuse. */
function jsonPatch(target: Json, operations: readonly { op: string; path: string; value?: Json }[]): Json {
  for (const { op, path, value } of operations) {
    const steps = path
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = steps.pop() ?? '';
    let parent = target as { [key: string]: Json } | Json[];
    for (const step of steps) {
      const next = (parent as { [key: string]: Json })[step];
      if (!next || typeof next !== 'object') throw new Error(`json patch: ${path} does not exist`);
      parent = next;
    }
    const exists = Array.isArray(parent) ? Number(last) < parent.length : Object.hasOwn(parent, last);
    if (op !== 'add' && !exists) throw new Error(`json patch: ${op} of ${path}, which does not exist`);
    if (op === 'test') {
      if (JSON.stringify((parent as { [key: string]: Json })[last]) !== JSON.stringify(value))
        throw new Error(`json patch: test of ${path} failed`);
    } else if (op === 'remove') {
      if (Array.isArray(parent)) parent.splice(Number(last), 1);
      else delete parent[last];
    } else if (Array.isArray(parent)) {
      if (op === 'add') parent.splice(last === '-' ? parent.length : Number(last), 0, value ?? null);
      else parent[Number(last)] = value ?? null;
    } else parent[last] = value ?? null;
  }
  return target;
}
