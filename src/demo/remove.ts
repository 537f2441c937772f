import type { KubeObject, Namespace } from '../k8s/objects.ts';
import { UserError } from '../snapshot/user-error.ts';
import type { DemoCluster } from './cluster.ts';
import { isOurs, owner, ownerLabel, titleOf, type Demo } from './manifests.ts';
import { pause } from './pause.ts';
import { secondsSince } from './rollout.ts';
import type { Teller } from './teller.ts';

export interface RemoveOptions {
  readonly wait: boolean;
  /** When to stop waiting, in milliseconds since the epoch. */
  readonly deadline: number;
}

/** What svcdoctor may have made besides the demo's own objects. */
const kinds = [
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'v1', kind: 'ConfigMap' },
] as const;

/**
 * Removes exactly what svcdoctor made: by its label, and the Namespace only if it made that too and nobody else has put anything into it.
 * False where there was nothing.
 */
export async function remove(
  cluster: DemoCluster,
  demo: Demo,
  { wait, deadline }: RemoveOptions,
  tell: Teller,
  signal: AbortSignal,
): Promise<boolean> {
  const { namespace } = demo;
  const [itsManifest] = demo.manifests;
  const seen = await cluster.look(itsManifest, signal);
  if (seen.state === 'absent') return false;
  const whole = seen.state === 'found' && isOurs(seen.object);
  const leaving = seen.state === 'found' && seen.object.metadata.deletionTimestamp !== undefined;
  const { strangers, unseen } =
    whole && !leaving ? await strangersIn(cluster, namespace, signal) : { strangers: [], unseen: [] };
  if (whole && strangers.length === 0 && unseen.length === 0) {
    if (!leaving) await cluster.remove(seen.object, signal);
    if (wait) await untilNamespaceIsGone(cluster, demo, deadline, tell, signal);
    tell.done(
      `${wait ? `namespace/${namespace} is gone, and all that was in it` : `namespace/${namespace} is being deleted, with all that is in it`}: also Secrets of others, which svcdoctor never reads`,
    );
    return true;
  }
  const own = await ownObjects(cluster, demo, signal);
  for (const object of own) await cluster.remove(object, signal);
  if (wait) await untilGone(cluster, namespace, own, deadline, tell, signal);
  for (const object of own) tell.done(`${titleOf(object)} ${wait ? 'is gone' : 'is being deleted'}`);
  if (strangers.length > 0)
    tell.unknown(
      `namespace/${namespace} stays: it holds what svcdoctor did not make: ${strangers.slice(0, 5).map(titleOf).join(', ')}${strangers.length > 5 ? ` and ${strangers.length - 5} more` : ''}`,
    );
  else if (unseen.length > 0)
    tell.unknown(
      `namespace/${namespace} stays: nobody can see whether it holds what svcdoctor did not make: ${unseen.slice(0, 3).join(', ')}${unseen.length > 3 ? ` and ${unseen.length - 3} more` : ''} could not be listed`,
    );
  else if (own.length > 0) tell.done(`namespace/${namespace} stays: svcdoctor did not make it`);
  return own.length > 0;
}

/** The demo's objects and the lab's, where they carry our label. */
async function ownObjects(cluster: DemoCluster, demo: Demo, signal: AbortSignal): Promise<readonly KubeObject[]> {
  const { namespace, manifests } = demo;
  const [, ...others] = manifests;
  const [named, labelled] = await Promise.all([
    Promise.all(others.map((manifest) => cluster.look(manifest, signal))),
    Promise.all(kinds.map((kind) => cluster.list<KubeObject>(kind, namespace, `${ownerLabel}=${owner}`, signal))),
  ]);
  const ours = [...named.flatMap((each) => (each.state === 'found' ? [each.object] : [])), ...labelled.flat()].filter(
    isOurs,
  );
  return [...new Map(ours.map((object) => [titleOf(object), object])).values()];
}

/** What is in the namespace, Secrets apart, that neither svcdoctor made nor Kubernetes makes by itself; and where nobody could look for it. */
async function strangersIn(
  cluster: DemoCluster,
  namespace: string,
  signal: AbortSignal,
): Promise<{ readonly strangers: readonly KubeObject[]; readonly unseen: readonly string[] }> {
  const byItself = (object: KubeObject) =>
    ['Event', 'Endpoints', 'EndpointSlice', 'Lease', 'PodMetrics'].includes(object.kind) ||
    (object.kind === 'ServiceAccount' && object.metadata.name === 'default') ||
    (object.kind === 'ConfigMap' && ['kube-root-ca.crt', 'openshift-service-ca.crt'].includes(object.metadata.name));
  const { objects, unseen } = await cluster.everythingIn(namespace, signal);
  const strangers = objects.filter(
    (object) =>
      !isOurs(object) && !byItself(object) && !object.metadata.ownerReferences?.some(({ controller }) => controller),
  );
  return { strangers, unseen };
}

async function untilNamespaceIsGone(
  cluster: DemoCluster,
  { namespace, manifests: [manifest] }: Demo,
  deadline: number,
  tell: Teller,
  signal: AbortSignal,
): Promise<void> {
  for (const started = Date.now(); ; await pause(500, signal)) {
    const object = await cluster.get<Namespace & { status?: { conditions?: readonly Condition[] } }>(manifest, signal);
    if (!object) return;
    const held = object.status?.conditions
      ?.filter(({ status, type }) => status === 'True' && type !== 'NamespaceContentRemaining')
      .map(({ message = '' }) => message)
      .find((message) => message !== '');
    tell.waiting(`namespace/${namespace} is being deleted`);
    if (Date.now() > deadline)
      throw new UserError(
        'still-there',
        `namespace ${namespace} is still there after ${secondsSince(started)}${held ? `: ${held}` : ''}`,
        {
          hint: `Kubernetes goes on deleting it; kubectl describe namespace ${namespace} shows what it waits for`,
        },
      );
  }
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

async function untilGone(
  cluster: DemoCluster,
  namespace: string,
  objects: readonly KubeObject[],
  deadline: number,
  tell: Teller,
  signal: AbortSignal,
): Promise<void> {
  for (const started = Date.now(); ; await pause(500, signal)) {
    const seen = await Promise.all(objects.map((object) => cluster.look(object, signal)));
    const left = objects.filter((object, index) => {
      const now = seen[index];
      return now?.state === 'found' && now.object.metadata.uid === object.metadata.uid;
    });
    if (left.length === 0) return;
    tell.waiting(`${left.map(titleOf).join(', ')} still there`);
    if (Date.now() > deadline)
      throw new UserError(
        'still-there',
        `${left.map(titleOf).join(', ')} in namespace ${namespace} still there after ${secondsSince(started)}`,
        {
          hint: `Kubernetes goes on deleting; kubectl get all -n ${namespace} shows what is left`,
        },
      );
  }
}
