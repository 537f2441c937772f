import type { CheckId } from '../../src/checks/define.ts';
import type { KubeObject } from '../../src/k8s/objects.ts';
import { snapshotVersion, type Snapshot } from '../../src/snapshot/snapshot.ts';
import { cluster } from '../../test/kit/cluster.ts';
import { faultOf, faults } from './faults.ts';
import { uidOf } from './identity.ts';
import { podsOnNode, replicaCycle, servicesInNamespace, startedAt, takenAt, type ClusterShape } from './shape.ts';
import { ipAddressOf, stackOf, type StackPlan } from './stack.ts';
import { namespaceOf, nodeOf, policyOf } from './system.ts';

/** What teams call their applications: one of each in every namespace. */
const apps =
  'orders payments catalog search ledger inventory billing sessions carts reviews pricing shipping accounts invoices mailer reports media tax vouchers web'.split(
    ' ',
  );

/** Every Service of the cluster, in the order of its number. */
function* stacksIn({ services, seed = 1, broken = 0.1, bulk = 1 }: ClusterShape): Generator<StackPlan> {
  let firstPod = 0;
  for (let number = 0; number < services; number += 1) {
    const replicas = replicaCycle[number % replicaCycle.length] ?? 1;
    yield {
      namespace: `team-${String(Math.floor(number / servicesInNamespace)).padStart(4, '0')}`,
      app: apps[number % servicesInNamespace] ?? 'web',
      number,
      replicas,
      firstPod,
      fault: faultOf(number, broken, seed),
      bulk,
    };
    firstPod += replicas;
  }
}

/**
 * The objects of a cluster with that many Services and ten times as many Pods, each with its status: as wire JSON, one at a time, so that
 * nobody needs to hold them all. A NetworkPolicy stands in every fifth namespace.
 */
export function* generatedCluster(shape: ClusterShape): Generator<KubeObject> {
  yield* clusterDns;
  let last = 0;
  let namespace = '';
  for (const plan of stacksIn(shape)) {
    last = plan.firstPod + plan.replicas;
    if (plan.namespace !== namespace) {
      namespace = plan.namespace;
      yield namespaceOf(namespace);
      if (plan.number % (5 * servicesInNamespace) === 0) yield policyOf(namespace);
    }
    yield* stackOf(plan);
  }
  // The API server takes back an address whose Service it has not seen yet.
  for (const plan of stacksIn(shape)) yield ipAddressOf(plan);
  for (let node = 0; node * podsOnNode < last; node += 1) yield nodeOf(node);
}

/** CoreDNS as the tests know it, on two nodes of its own; made once, because the kit numbers what it makes. */
const clusterDns = cluster([]).objects.map((object): KubeObject => {
  const { kind, metadata } = object;
  const { uid = uidOf(kind, metadata.namespace ?? '', metadata.name), creationTimestamp = startedAt } = metadata;
  return { ...object, metadata: { ...metadata, uid, creationTimestamp } };
});

/** For every broken Service, as `namespace/name`, the cause that a diagnosis has to put first; all others are healthy. */
export function causesIn(shape: ClusterShape): ReadonlyMap<string, CheckId> {
  const causes = new Map<string, CheckId>();
  for (const { namespace, app, fault } of stacksIn(shape)) if (fault) causes.set(`${namespace}/${app}`, faults[fault]);
  return causes;
}

/** The same cluster as one Snapshot in memory, the way the reader hands it on: without managed fields, and nothing unseen. */
export function generatedSnapshot(shape: ClusterShape): Snapshot {
  const objects: KubeObject[] = [];
  for (const object of generatedCluster(shape)) {
    if (object.kind === 'IPAddress') continue;
    const { managedFields: _, ...metadata } = object.metadata;
    objects.push({ ...object, metadata });
  }
  return { apiVersion: snapshotVersion, kind: 'Snapshot', takenAt, coverage: 'complete', objects, observations: [] };
}
