import { resourceKey, resourceOf } from '../../src/k8s/resources.ts';
import type { KubeObject } from '../../src/k8s/objects.ts';

/** etcd takes 1.5 MB and 128 operations in one transaction; base64 makes four bytes of three. */
const most = { bytes: 1_000_000, objects: 120 };

/** How many transactions are under way at once. */
const lanes = 4;

/** Where the API server keeps a kind whose folder is not called like its resource. */
const folders: Readonly<Record<string, string>> = {
  services: 'services/specs',
  nodes: 'minions',
  'networking.k8s.io/ingresses': 'ingress',
};

/**
 * Writes objects with their status straight to where the API server keeps them, as JSON, which it reads like its own protobuf: 100,000 Pods
 * by way of the API would be 200,000 requests, because `status` is written by itself. Only for a cluster in which no controller runs.
 * Resolves to how many were written.
 */
export async function loadInto(etcd: string, objects: Iterable<KubeObject>): Promise<number> {
  const batches = batchesOf(objects);
  let written = 0;
  const lane = async () => {
    for (const batch of batches) {
      await put(etcd, batch);
      written += batch.length;
    }
  };
  // A generator is shared: each lane takes the next batch when it has written its last.
  await Promise.all(Array.from({ length: lanes }, lane));
  return written;
}

interface Entry {
  readonly key: string;
  readonly value: string;
}

function* batchesOf(objects: Iterable<KubeObject>): Generator<readonly Entry[]> {
  let batch: Entry[] = [];
  let bytes = 0;
  for (const object of objects) {
    // The API server has made these itself.
    if (object.kind === 'Namespace' && object.metadata.name === 'kube-system') continue;
    const value = JSON.stringify(object);
    if (batch.length >= most.objects || bytes + value.length > most.bytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push({ key: keyOf(object), value });
    bytes += value.length;
  }
  if (batch.length > 0) yield batch;
}

function keyOf(object: KubeObject): string {
  const { kind, metadata } = object;
  const resource = resourceOf(object);
  const folder =
    kind === 'IPAddress' ? 'ipaddresses' : resource && folders[resourceKey(resource.group, resource.resource)];
  const place = folder ?? resource?.resource;
  if (place === undefined) throw new Error(`nobody knows where the API server keeps a ${kind}`);
  return ['/registry', place, metadata.namespace, metadata.name].filter((part) => part !== undefined).join('/');
}

async function put(etcd: string, batch: readonly Entry[]): Promise<void> {
  const encode = (text: string) => Buffer.from(text).toString('base64');
  const success = batch.map(({ key, value }) => ({ requestPut: { key: encode(key), value: encode(value) } }));
  const answer = await fetch(`${etcd}/v3/kv/txn`, { method: 'POST', body: JSON.stringify({ success }) });
  if (!answer.ok) throw new Error(`etcd does not take the objects: ${answer.status} ${await answer.text()}`);
}
