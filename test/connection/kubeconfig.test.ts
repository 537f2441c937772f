import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { connect } from '../../src/cluster/connect.ts';
import { parseKubeconfig, readKubeconfig } from '../../src/cluster/kubeconfig.ts';
import { kubeconfigFor } from '../kit/fake-api.ts';

let folder = '';
const file = async (name: string, text: string) => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'svcdoctor-kubeconfig-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

const open = (options: { kubeconfig?: string; context?: string; namespace?: string } = {}) =>
  connect({ requestTimeout: 1000, userAgent: 'test', ...options }, new AbortController().signal);

describe('several files', () => {
  test('what an earlier one says wins, and a missing one is passed over', async () => {
    const first = await file('first', 'users: [{name: me, user: {token: one}}]\ncurrent-context: here\n');
    const second = await file('second', kubeconfigFor('https://second:6443'));
    const { users, clusters, currentContext } = readKubeconfig([join(folder, 'missing'), first, second], false);
    expect(users.get('me')).toMatchObject({ token: 'one' });
    expect(clusters.get('test')).toMatchObject({ server: 'https://second:6443' });
    expect(currentContext).toBe('here');
  });

  test('KUBECONFIG names them, --kubeconfig wins', async () => {
    const one = await file('one', kubeconfigFor('http://127.0.0.1:1'));
    const two = await file('two', kubeconfigFor('http://127.0.0.1:2'));
    vi.stubEnv('KUBECONFIG', [one, two].join(delimiter));
    expect((await open()).server.port).toBe('1');
    expect((await open({ kubeconfig: two })).server.port).toBe('2');
  });
});

test('relative names start at the file’s own folder', () => {
  const { clusters, users } = parseKubeconfig(
    `clusters: [{name: a, cluster: {server: "https://a", certificate-authority: pki/ca.crt}}]
users: [{name: a, user: {exec: {command: ./login, args: [1]}}}, {name: b, user: {exec: {command: aws}}}]
`,
    '/home/jane/.kube/config',
  );
  expect(clusters.get('a')?.caFile).toBe('/home/jane/.kube/pki/ca.crt');
  expect(users.get('a')?.exec?.command).toBe('/home/jane/.kube/login');
  expect(users.get('b')?.exec?.command).toBe('aws');
});

test('the namespace is -n, else the context’s', async () => {
  const kubeconfig = await file('namespace', kubeconfigFor('http://127.0.0.1:1'));
  expect((await open({ kubeconfig })).namespace).toBe('demo');
  expect((await open({ kubeconfig, namespace: 'data' })).namespace).toBe('data');
});

describe('what is wrong is said in a line', () => {
  const cases: Readonly<Record<string, [text: string, code: string, words: RegExp]>> = {
    'no YAML': ['a: [', 'kubeconfig-invalid', /is not YAML/],
    'something else': ['hello: 1', 'kubeconfig-invalid', /neither clusters nor contexts/],
    'no cluster': ['kind: Config', 'no-kubeconfig', /names no cluster/],
    'no current context': [
      kubeconfigFor('http://a').replace(/current-context.*/, ''),
      'no-context',
      /no current-context/,
    ],
    'a user that is missing': [
      kubeconfigFor('http://a').replace('user: me,', 'user: you,'),
      'kubeconfig-invalid',
      /names the user "you"/,
    ],
    'no server': [kubeconfigFor(''), 'kubeconfig-invalid', /no usable server/],
    'a certificate that is none': [
      kubeconfigFor('https://127.0.0.1:1', '{}', ', certificate-authority-data: aGVsbG8='),
      'kubeconfig-invalid',
      /holds no certificate/,
    ],
    'a certificate that is missing': [
      kubeconfigFor('https://127.0.0.1:1', '{}', ', certificate-authority: nope.crt'),
      'credentials-unreadable',
      /nope.crt, the kubeconfig's certificate-authority: no such file/,
    ],
    'a plugin that is missing': [
      kubeconfigFor('https://127.0.0.1:1', '{exec: {command: no-such-plugin}}'),
      'exec-plugin-missing',
      /"no-such-plugin", which is not installed/,
    ],
  };
  for (const [name, [text, code, words]] of Object.entries(cases)) {
    test(name, async () => {
      const kubeconfig = await file('wrong', text);
      await expect(open({ kubeconfig })).rejects.toMatchObject({
        code,
        message: expect.stringMatching(words) as string,
      });
    });
  }

  test('an unknown context, with those that are known', async () => {
    const kubeconfig = await file('known', kubeconfigFor('http://a'));
    await expect(open({ kubeconfig, context: 'prod' })).rejects.toMatchObject({
      code: 'unknown-context',
      hint: 'known contexts: here',
    });
  });

  test('no kubeconfig at all', async () => {
    vi.stubEnv('KUBECONFIG', join(folder, 'not-there'));
    await expect(open()).rejects.toMatchObject({ code: 'no-kubeconfig' });
    await expect(open({ kubeconfig: '/not/there' })).rejects.toMatchObject({ code: 'kubeconfig-unreadable' });
  });
});
