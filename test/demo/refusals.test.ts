import { expect, test } from 'vitest';
import type { Manifest } from '../../src/demo/cluster.ts';
import { explainRefusal } from '../../src/demo/deploy.ts';

/** What the API server says no with, and what the person reads. */

const service: Manifest = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: 'demo' } };
const namespace: Manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'demo' } };

const refused = (status: number, message: string) => ({ state: 'refused', status, message }) as const;
const conflict = (manager: string) => ({ state: 'conflict', fields: [{ manager, path: 'spec.selector' }] }) as const;

test.each([
  [
    'a field of somebody else',
    service,
    conflict('kubectl-edit'),
    'somebody has changed service/db in namespace demo: spec.selector (by kubectl-edit)',
    '--force-conflicts sets it back',
  ],
  [
    'what the lab has broken',
    service,
    conflict('svcdoctor-lab'),
    'the lab has broken service/db in namespace demo',
    'svcdoctor lab repair puts it back',
  ],
  [
    'no namespaces may be created',
    namespace,
    refused(403, 'namespaces is forbidden: User "ann" cannot create resource "namespaces"'),
    'you may not create namespace demo here',
    'ask whoever runs the cluster for a namespace, then: svcdoctor deploy-demo -n THAT_NAMESPACE',
  ],
  [
    'a quota',
    service,
    refused(
      403,
      'services "db" is forbidden: exceeded quota: tight, requested: services=1, used: services=5, limited: services=5',
    ),
    'a quota of namespace demo does not admit service/db: exceeded quota: tight, requested: services=1, used: services=5, limited: services=5',
    'kubectl describe quota -n demo shows it; -n NAME puts the demo elsewhere',
  ],
  [
    'RBAC',
    service,
    refused(
      403,
      'services "db" is forbidden: User "ann" cannot patch resource "services" in API group "" in the namespace "demo"',
    ),
    'you may not write service/db in namespace demo: User "ann" cannot patch resource "services" in API group "" in the namespace "demo"',
    'kubectl auth can-i --list -n demo shows what you may do; -n NAME puts the demo elsewhere',
  ],
  [
    'a policy of the cluster',
    service,
    refused(400, 'admission webhook "policy.example" denied the request: no Services of type ClusterIP'),
    'the API server refuses service/db: admission webhook "policy.example" denied the request: no Services of type ClusterIP',
    'a policy of this cluster says so; ask whoever runs it',
  ],
])('%s', (_what, manifest, refusal, message, hint) => {
  expect(explainRefusal(manifest, 'demo', refusal, new Map())).toMatchObject({ message, hint });
});

test('half-way, the way back is told', () => {
  const done = new Map([['secret/db-credentials', 'created' as const]]);
  expect(explainRefusal(service, 'team-a', refused(500, 'etcdserver: no leader'), done).hint).toBe(
    'svcdoctor deploy-demo -o yaml shows what it was sent; what was made so far goes with: svcdoctor deploy-demo --delete -n team-a',
  );
});
