import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { controlPlane, svcdoctor } from './lab.ts';

/** Whatever is wrong with what a person gives: one clear line and a hint on stderr, nothing on stdout, exit code 2, no stack. */

let folder = '';
let silent: Server;

const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'svcdoctor-bad-input-'));
  silent = createServer(() => {}).listen(0, '127.0.0.1');
  await writeFile(file('not.yaml'), 'a: [b\n');
  await writeFile(file('note.txt'), 'just a sentence\n');
  await writeFile(file('newer.yaml'), 'apiVersion: svcdoctor/v9\nkind: Snapshot\nobjects: []\n');
  await writeFile(file('empty.yaml'), '');
  await writeFile(file('no-contexts'), 'apiVersion: v1\nkind: Config\n');
});

afterAll(async () => {
  silent.close();
  await rm(folder, { recursive: true, force: true });
});

/** The kubeconfig of the test cluster with something changed in it. */
async function kubeconfigWith(name: string, edit: (config: Kubeconfig) => void): Promise<string> {
  const config = parse(await readFile(controlPlane.kubeconfig, 'utf8')) as Kubeconfig;
  edit(config);
  await writeFile(file(name), stringify(config), { mode: 0o600 });
  return file(name);
}

interface Kubeconfig {
  readonly clusters: { readonly cluster: { server: string; 'certificate-authority-data'?: string } }[];
  readonly users: { user: Record<string, unknown> }[];
}

const portOf = (server: Server): number => {
  const address = server.address();
  return address && typeof address === 'object' ? address.port : 0;
};

const cases: Readonly<
  Record<string, { readonly args: () => Promise<readonly string[]> | readonly string[]; readonly says: RegExp }>
> = {
  'an unknown flag': { args: () => ['check', 'demo/db', '--nope'], says: /unknown option '--nope'/ },
  'a target with too many slashes': { args: () => ['check', 'a/b/c/d'], says: /a\/b\/c\/d/ },
  'a target that is no name': { args: () => ['check', 'demo/Db_1'], says: /Db_1/ },
  'an unknown context': { args: () => ['check', 'demo/db', '--context', 'nope'], says: /nope[\s\S]*admin/ },
  'a kubeconfig that does not exist': {
    args: () => ['check', 'demo/db', '--kubeconfig', file('absent')],
    says: /absent/,
  },
  'a kubeconfig without contexts': {
    args: () => ['check', 'demo/db', '--kubeconfig', file('no-contexts')],
    says: /context/,
  },
  'a server that refuses connections': {
    args: async () => [
      'check',
      'demo/db',
      '--kubeconfig',
      await kubeconfigWith('refused', ({ clusters }) =>
        clusters.forEach(({ cluster }) => void (cluster.server = 'https://127.0.0.1:9')),
      ),
    ],
    says: /refused|127\.0\.0\.1:9/,
  },
  'a server that says nothing': {
    args: async () => [
      'check',
      'demo/db',
      '--request-timeout',
      '1s',
      '--kubeconfig',
      await kubeconfigWith('silent', ({ clusters }) =>
        clusters.forEach(({ cluster }) => void (cluster.server = `https://127.0.0.1:${portOf(silent)}`)),
      ),
    ],
    says: /1 ?s|time/i,
  },
  'a token that is not valid': {
    args: async () => [
      'check',
      'demo/db',
      '--kubeconfig',
      await kubeconfigWith('token', ({ users }) => users.forEach((user) => void (user.user = { token: 'expired' }))),
    ],
    says: /401|Unauthorized|credential|log in/i,
  },
  'a certificate of an unknown authority': {
    args: async () => [
      'check',
      'demo/db',
      '--kubeconfig',
      await kubeconfigWith('ca', ({ clusters }) =>
        clusters.forEach(({ cluster }) => delete cluster['certificate-authority-data']),
      ),
    ],
    says: /certificate/i,
  },
  'a snapshot that does not exist': {
    args: () => ['check', 'demo/db', '--snapshot', file('absent.yaml')],
    says: /no such file/,
  },
  'a snapshot that is not YAML': { args: () => ['check', 'demo/db', '--snapshot', file('not.yaml')], says: /not YAML/ },
  'a file that is not Kubernetes': {
    args: () => ['check', 'demo/db', '--snapshot', file('note.txt')],
    says: /neither a Snapshot nor Kubernetes/,
  },
  'an empty file': { args: () => ['check', 'demo/db', '--snapshot', file('empty.yaml')], says: /empty/ },
  'a snapshot of a newer version': {
    args: () => ['check', 'demo/db', '--snapshot', file('newer.yaml')],
    says: /svcdoctor\/v9/,
  },
  'a client that does not exist': {
    args: () => ['check', 'default/kubernetes', '--from', 'kube-system/deploy/corednss'],
    says: /corednss[\s\S]*coredns/,
  },
  'a client of no such kind': {
    args: () => ['check', 'default/kubernetes', '--from', 'kube-system/gizmo/x'],
    says: /gizmo/,
  },
};

test.each(Object.entries(cases))('%s', async (_name, { args, says }) => {
  const started = Date.now();
  const { exitCode, stdout, stderr } = await svcdoctor(...(await args()));
  expect(stderr).toMatch(says);
  expect(stderr).not.toMatch(/\n\s+at .*:\d+|This is a bug/);
  expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(4);
  expect(stdout).toBe('');
  expect(exitCode).toBe(2);
  expect(Date.now() - started).toBeLessThan(10_000);
});
