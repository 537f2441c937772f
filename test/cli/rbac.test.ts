import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { svcdoctor } from '../kit/command.ts';

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
}

async function rolesOf(...args: string[]): Promise<readonly Role[]> {
  const { exitCode, stdout, stderr } = await svcdoctor('rbac', ...args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return [...parseAllDocuments(stdout)].map((document) => document.toJS() as Role);
}

/** `list apps/deployments`, one for each thing that a role grants. */
const grantsOf = ({ rules }: Role): readonly string[] =>
  rules.flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.map((verb) => `${verb} ${group === '' ? '' : `${group}/`}${resource}${resourceNames ? ' named' : ''}`),
      ),
    ),
  );

const places = (roles: readonly Role[]) => roles.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}`);

test('cluster-wide: one ClusterRole, and the ConfigMaps of kube-system alone', async () => {
  const roles = await rolesOf();
  expect(places(roles)).toEqual(['ClusterRole ', 'Role kube-system']);
  expect(grantsOf(roles[1] as Role)).toEqual(['list configmaps']);
  expect(await rolesOf('--cluster-wide')).toEqual(roles);
});

test('no role reads Secrets, grants a wildcard, or the same thing twice', async () => {
  const uses = [[], ['-n', 'shop'], ['--probe', 'debug'], ['-n', 'kube-system'], ['--gate'], ['--deploy-demo']];
  for (const roles of await Promise.all(uses.map((args) => rolesOf(...args)))) {
    for (const role of roles) {
      const grants = grantsOf(role);
      expect(grants.join('\n')).not.toMatch(/\*|(get|list|watch) secrets/);
      expect(grants).toEqual([...new Set(grants)]);
    }
  }
});

test('only reading: get and list, and each level of probes adds its own', async () => {
  const verbs = async (...args: string[]) =>
    (await rolesOf(...args))
      .flatMap(grantsOf)
      .filter((grant) => !/^(get|list) /.test(grant) || /pods\/[^l]/.test(grant));
  expect(await verbs('--probe', 'none')).toEqual([]);
  expect(await verbs()).toEqual(['get pods/portforward', 'create pods/portforward']);
  expect(await verbs('--probe', 'exec')).toContain('create pods/exec');
  expect(await verbs('--probe', 'debug')).toContain('patch pods/ephemeralcontainers');
});

test('one namespace: what is in it, what all share, and nobody else’s Pods', async () => {
  const roles = await rolesOf('-n', 'shop');
  expect(places(roles)).toEqual(['ClusterRole ', 'Role shop', 'Role kube-system']);
  const [cluster, shop, system] = roles.map(grantsOf);
  expect(cluster).toContain('list services');
  expect(cluster).not.toContain('list pods');
  expect(cluster?.filter((grant) => grant.includes('configmaps'))).toEqual(['get configmaps named']);
  expect(shop).toEqual(expect.arrayContaining(['list services', 'list pods', 'get configmaps', 'list events']));
  expect(system).toEqual(expect.arrayContaining(['list pods', 'list configmaps', 'create pods/portforward']));
  expect(places(await rolesOf('-n', 'kube-system'))).toEqual(['ClusterRole ', 'Role kube-system']);
});

test('the gate watches, and only it', async () => {
  const watched = async (...args: string[]) =>
    (await rolesOf(...args)).flatMap(grantsOf).filter((grant) => grant.startsWith('watch '));
  expect(await watched()).toEqual([]);
  expect(await watched('--gate')).toContain('watch discovery.k8s.io/endpointslices');
  expect(await watched('--gate', '-n', 'shop')).toEqual(await watched('--gate'));
});

test('the demo: its own namespace, and nothing written outside it', async () => {
  const roles = await rolesOf('--deploy-demo', '-n', 'practice');
  expect(places(roles)).toEqual(['ClusterRole ', 'Role practice', 'Role kube-system']);
  expect(grantsOf(roles[0] as Role)).toEqual(['get namespaces named']);
  expect(grantsOf(roles[1] as Role)).toEqual(expect.arrayContaining(['patch secrets', 'patch apps/deployments']));
  expect(grantsOf(roles[2] as Role).filter((grant) => !/^(get|list) /.test(grant))).toEqual([
    'create pods/portforward',
  ]);
});

test('bindings for a ServiceAccount, and as JSON', async () => {
  const { stdout } = await svcdoctor('rbac', '--name', 'doctor', '--service-account', 'ci/doctor', '-o', 'json');
  const { kind, items } = JSON.parse(stdout) as { kind: string; items: readonly Record<string, unknown>[] };
  expect(kind).toBe('List');
  expect(items.map((item) => item['kind'])).toEqual(['ClusterRole', 'Role', 'ClusterRoleBinding', 'RoleBinding']);
  expect(items[3]).toMatchObject({
    metadata: { name: 'doctor', namespace: 'kube-system' },
    roleRef: { kind: 'Role', name: 'doctor' },
    subjects: [{ kind: 'ServiceAccount', namespace: 'ci', name: 'doctor' }],
  });
});

test.each([
  [['--name', 'No Name'], /--name/],
  [['-n', 'a/b'], /--namespace/],
  [['--service-account', 'doctor'], /NAMESPACE\/NAME/],
  [['-n', 'shop', '--cluster-wide'], /cannot be used/],
])('%s is refused', async (args, words) => {
  const { exitCode, stdout, stderr } = await svcdoctor('rbac', ...args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(words);
});
