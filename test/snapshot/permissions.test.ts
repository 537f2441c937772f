import { expect, test } from 'vitest';
import { ruled, type Permission } from '../../src/k8s/permissions.ts';
import { resourceKey, resources } from '../../src/k8s/resources.ts';
import { isDeclared, readPermissions } from '../../src/snapshot/permissions.ts';

const keys = resources.map(({ group, resource }) => resourceKey(group, resource));
const everyPermission: readonly Permission[] = Object.values(readPermissions).flat();

test('every kind that the table of kinds knows stands in src/snapshot/permissions.ts, so that svcdoctor rbac prints it', () => {
  const named = everyPermission.flatMap(({ resources: of }) =>
    of.map(({ group, resource }) => resourceKey(group, resource)),
  );
  // Known from files alone: no check asks a cluster for them.
  const unasked = ['serving.knative.dev/services', 'serving.knative.dev/revisions'];
  expect(keys.filter((key) => !named.includes(key))).toEqual(unasked);
  expect([...new Set(named)].filter((key) => !keys.includes(key))).toEqual(['pods/log']);
});

test('nothing but get and list', () => {
  expect(new Set(everyPermission.flatMap(({ verbs }) => verbs))).toEqual(new Set(['get', 'list']));
});

test('ConfigMaps: all of kube-system, elsewhere only one by one', () => {
  const resource = 'configmaps';
  expect(isDeclared({ resource, namespace: 'kube-system' })).toBe(true);
  expect(isDeclared({ resource, namespace: 'demo', name: 'settings' })).toBe(true);
  expect(isDeclared({ resource, namespace: 'demo' })).toBe(false);
  expect(isDeclared({ resource, namespace: undefined })).toBe(false);
});

test('of ClusterRoles the one of CoreDNS', () => {
  const resource = 'rbac.authorization.k8s.io/clusterroles';
  expect(isDeclared({ resource, namespace: undefined, name: 'system:coredns' })).toBe(true);
  expect(isDeclared({ resource, namespace: undefined, name: 'admin' })).toBe(false);
});

test('what is written as group/resource is read as such', () => {
  expect(ruled('pods', 'pods/log', 'apps/deployments', 'http.keda.sh/httpscaledobjects')).toEqual([
    { group: '', resource: 'pods' },
    { group: '', resource: 'pods/log' },
    { group: 'apps', resource: 'deployments' },
    { group: 'http.keda.sh', resource: 'httpscaledobjects' },
  ]);
});
