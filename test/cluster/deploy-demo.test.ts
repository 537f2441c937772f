import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownerLabel } from '../../src/demo/manifests.ts';
import { api, apply, createNamespace, kubectl, svcdoctor } from './lab.ts';
import type { KubeObject } from '../../src/k8s/objects.ts';

/** Whose objects are whose, on a real API server. Nothing runs in the Pods here: `node/deploy-demo.test.ts` is about that. */

/** Nobody would end Pods on the Nodes that tests play: here they get none. */
const onAllNodes = async (what: 'cordon' | 'uncordon') => {
  const nodes = await api.list<KubeObject>('/api/v1/nodes');
  for (const { metadata } of nodes) await kubectl(what, metadata.name);
};
beforeAll(() => onAllNodes('cordon'));
afterAll(() => onAllNodes('uncordon'));

const inNamespace = (namespace: string, what: string): Promise<string> =>
  kubectl('get', what, '-n', namespace, '-o', 'name', '--sort-by=.metadata.name', '-l', `${ownerLabel}=svcdoctor`);

const objects = [
  'configmap/api-server',
  'secret/db-credentials',
  'service/api',
  'service/db',
  'deployment/api',
  'deployment/db',
];
const lines = (how: string) => objects.map((object) => `  ✔ ${object} ${how}\n`).join('');
const words = (text: string) =>
  text.replaceAll(/\(?https:\/\/127\.0\.0\.1:\d+\)?/g, '(SERVER)').replaceAll(/\d+ s\b/g, 'N s');

test('from nothing: a server-side dry run says so, applying makes it, again changes nothing, and deleting leaves nothing', async () => {
  const dry = await svcdoctor('deploy-demo', '-n', 'fresh-demo', '--dry-run', 'server');
  expect(dry).toMatchObject({ exitCode: 0, stderr: '' });
  expect(dry.stdout).toContain('namespace/fresh-demo created (server dry run)\n  ? configmap/api-server not tried');
  await expect(kubectl('get', 'namespace', 'fresh-demo')).rejects.toThrow('not found');

  const first = await svcdoctor('deploy-demo', '-n', 'fresh-demo', '--no-wait');
  expect(first).toMatchObject({ exitCode: 0, stderr: '' });
  expect(words(first.stdout)).toBe(
    `The demo, into namespace fresh-demo of admin (SERVER)\n  ✔ namespace/fresh-demo created\n${lines('created')}\n` +
      'Applied; nothing was waited for. svcdoctor deploy-demo -n fresh-demo waits and proves that it works.\n',
  );
  const second = await svcdoctor('deploy-demo', '-n', 'fresh-demo', '--no-wait');
  expect(second.stdout).toContain(`namespace/fresh-demo unchanged\n${lines('unchanged')}`);

  const gone = await svcdoctor('deploy-demo', '-n', 'fresh-demo', '--delete');
  expect(gone.exitCode).toBe(0);
  expect(words(gone.stdout)).toContain(
    '✔ namespace/fresh-demo is gone, and all that was in it: also Secrets of others, which svcdoctor never reads\n\nDone. (N s)\n',
  );
  await expect(kubectl('get', 'namespace', 'fresh-demo')).rejects.toThrow('not found');
  const nothing = await svcdoctor('deploy-demo', '-n', 'fresh-demo', '--delete');
  expect(nothing).toMatchObject({ exitCode: 0 });
  expect(nothing.stdout).toContain('There was nothing of svcdoctor’s.');
});

test('a namespace of somebody else is used only by its name, and never changed', async () => {
  await kubectl('create', 'namespace', 'demo');
  try {
    expect(await svcdoctor('deploy-demo', '--no-wait')).toEqual({
      exitCode: 2,
      stdout: expect.stringContaining('The demo, into namespace demo'),
      stderr:
        'error: there is a namespace demo, and svcdoctor did not make it\n' +
        'hint: put the demo elsewhere with -n NAME, or into this namespace as it is with -n demo\n',
    });
    expect(await inNamespace('demo', 'all,configmap,secret')).toBe('');

    const named = await svcdoctor('deploy-demo', '-n', 'demo', '--no-wait');
    expect(named.exitCode).toBe(0);
    const namespace = await api.get<KubeObject>('/api/v1/namespaces/demo');
    expect(namespace.metadata.labels ?? {}).not.toHaveProperty([ownerLabel]);

    const gone = await svcdoctor('deploy-demo', '-n', 'demo', '--delete');
    expect(gone.stdout).toContain(`${lines('is gone')}  ✔ namespace/demo stays: svcdoctor did not make it`);
    expect(await inNamespace('demo', 'all,configmap,secret')).toBe('');
  } finally {
    await kubectl('delete', 'namespace', 'demo');
  }
});

test('an object of somebody else is in the way: nothing is written, unless it may be overwritten', async () => {
  const namespace = await createNamespace('theirs');
  await apply(
    namespace,
    'apiVersion: v1\nkind: Service\nmetadata: { name: db }\nspec: { selector: { app: mysql }, ports: [{ port: 3306 }] }',
  );
  const refused = await svcdoctor('deploy-demo', '-n', namespace, '--no-wait');
  expect(refused).toMatchObject({ exitCode: 2 });
  expect(refused.stderr).toBe(
    `error: service/db in namespace ${namespace} is there already, and svcdoctor did not make it\n` +
      'hint: put the demo elsewhere with -n NAME, or overwrite what is there with --force-conflicts\n',
  );
  expect(await inNamespace(namespace, 'all,configmap,secret')).toBe('');

  const left = await svcdoctor('deploy-demo', '-n', namespace, '--delete');
  expect(left.stdout).toContain('There was nothing of svcdoctor’s.');
  expect(await kubectl('get', 'service', 'db', '-n', namespace, '-o', 'jsonpath={.spec.selector.app}')).toBe('mysql');

  expect(await svcdoctor('deploy-demo', '-n', namespace, '--no-wait', '--force-conflicts')).toMatchObject({
    exitCode: 0,
  });
  expect(await kubectl('get', 'service', 'db', '-n', namespace, '-o', 'jsonpath={.spec.selector.app}')).toBe('db');
});

test('what somebody has changed in it is named, and set back on demand', async () => {
  const namespace = await createNamespace('changed');
  await svcdoctor('deploy-demo', '-n', namespace, '--no-wait');
  await kubectl('patch', 'service', 'db', '-n', namespace, '-p', '{"spec":{"selector":{"app":"dbx"}}}');
  expect((await svcdoctor('deploy-demo', '-n', namespace, '--no-wait')).stderr).toBe(
    `error: somebody has changed service/db in namespace ${namespace}: spec.selector (by kubectl-patch)\n` +
      'hint: --force-conflicts sets it back\n',
  );
  const back = await svcdoctor('deploy-demo', '-n', namespace, '--no-wait', '--force-conflicts');
  expect(back.stdout).toContain('service/db configured');
});

test('what others have put into its namespace stays, and so does the namespace', async () => {
  await svcdoctor('deploy-demo', '-n', 'shared-demo', '--no-wait');
  await kubectl('create', 'configmap', 'mine', '-n', 'shared-demo');
  const { stdout } = await svcdoctor('deploy-demo', '-n', 'shared-demo', '--delete');
  expect(stdout).toContain('? namespace/shared-demo stays: it holds what svcdoctor did not make: configmap/mine');
  expect(await kubectl('get', 'configmap', 'mine', '-n', 'shared-demo', '-o', 'name')).toBe('configmap/mine\n');
  expect(await inNamespace('shared-demo', 'all,configmap,secret')).toBe('');
});

test('a quota in the way: nothing is left half done', async () => {
  const namespace = await createNamespace('quota');
  await kubectl('create', 'quota', 'tight', '-n', namespace, '--hard=services=1');
  await expect
    .poll(() => kubectl('get', 'quota', 'tight', '-n', namespace, '-o', 'jsonpath={.status.hard.services}'))
    .toBe('1');
  await apply(namespace, 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [{ port: 80 }] }');
  await expect
    .poll(() => kubectl('get', 'quota', 'tight', '-n', namespace, '-o', 'jsonpath={.status.used.services}'))
    .toBe('1');
  const { exitCode, stderr } = await svcdoctor('deploy-demo', '-n', namespace, '--no-wait');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(
    /^error: a quota of namespace \S+ does not admit service\/(api|db): exceeded quota: tight, requested: services=1, used: services=1, limited: services=1\nhint: kubectl describe quota -n \S+ shows it; -n NAME puts the demo elsewhere\n$/,
  );
  expect(await inNamespace(namespace, 'all,configmap,secret')).toBe('');
});

test('without permission: what may not be done, and the way round', async () => {
  const { exitCode, stderr } = await svcdoctor('deploy-demo', '--as', 'nobody', '--no-wait');
  expect(exitCode).toBe(2);
  expect(stderr).toBe(
    'error: you may not see whether there is a namespace demo\nhint: name the namespace that you may use: -n NAME\n',
  );
  await apply(
    'default',
    `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: sees-namespaces }
rules: [{ apiGroups: [""], resources: [namespaces], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: sees-namespaces }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: sees-namespaces }
subjects: [{ kind: User, name: reader, apiGroup: rbac.authorization.k8s.io }]
`,
  );
  const creating = await svcdoctor('deploy-demo', '-n', 'not-mine', '--as', 'reader', '--no-wait');
  expect(creating.stderr).toBe(
    'error: you may not create namespace not-mine here\n' +
      'hint: ask whoever runs the cluster for a namespace, then: svcdoctor deploy-demo -n THAT_NAMESPACE\n',
  );
});

test('two at the same time come to the same end', async () => {
  const both = await Promise.all([1, 2].map(() => svcdoctor('deploy-demo', '-n', 'twice-demo', '--no-wait')));
  expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect((await svcdoctor('deploy-demo', '-n', 'twice-demo', '--no-wait')).stdout).toContain(lines('unchanged'));
  await svcdoctor('deploy-demo', '-n', 'twice-demo', '--delete');
});

test('a namespace that is just being deleted is waited for by the person, not used', async () => {
  await svcdoctor('deploy-demo', '-n', 'leaving-demo', '--no-wait');
  await kubectl(
    'patch',
    'configmap',
    'api-server',
    '-n',
    'leaving-demo',
    '-p',
    '{"metadata":{"finalizers":["example.org/hold"]}}',
  );
  await kubectl('delete', 'namespace', 'leaving-demo', '--wait=false');
  const { exitCode, stderr } = await svcdoctor('deploy-demo', '-n', 'leaving-demo', '--no-wait');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('error: namespace leaving-demo is just being deleted\nhint: wait until it is gone');
  const slow = await svcdoctor('deploy-demo', '-n', 'leaving-demo', '--delete', '--timeout', '2s');
  expect(slow.exitCode).toBe(2);
  expect(words(slow.stderr)).toMatch(
    /error: namespace leaving-demo is still there after N s(: Some content .*)?\nhint: Kubernetes goes on/,
  );
  await kubectl(
    'patch',
    'configmap',
    'api-server',
    '-n',
    'leaving-demo',
    '--type=merge',
    '-p',
    '{"metadata":{"finalizers":null}}',
  );
});
