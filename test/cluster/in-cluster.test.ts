import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { faultProxy, pass, upstreamOf } from './fault-proxy.ts';
import { type Answer, run } from './kubectl.ts';
import { controlPlane, createDemo, createNamespace, kubectl } from './lab.ts';

/**
 * In a Pod, side by side with kubectl: both find the same server, the same user and the same namespace in the files that kubelet mounts, or neither
 * does. The files lie where they lie in a Pod, in a mount namespace of its own.
 */

const cli = join(import.meta.dirname, '..', '..', 'bin', 'svcdoctor.js');
const enter = ['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount'] as const;
const mount =
  'd=/var/run/secrets/kubernetes.io/serviceaccount; mount -t tmpfs none /var/run && mkdir -p $d && mount --bind "$1" $d && shift && exec "$@"';

const obstacle = ((): string => {
  try {
    execFileSync(enter[0], [...enter.slice(1), 'sh', '-c', mount, 'sh', tmpdir(), 'true'], { stdio: 'pipe' });
    return '';
  } catch {
    return ': this user may not make mount namespaces';
  }
})();

let folder = '';
let namespace = '';
let token = '';
let ca = '';

beforeAll(async () => {
  if (obstacle !== '') return;
  folder = await mkdtemp(join(tmpdir(), 'svcdoctor-in-cluster-'));
  namespace = await createNamespace('pod');
  await kubectl('create', 'serviceaccount', 'app', '-n', namespace);
  token = (await kubectl('create', 'token', 'app', '-n', namespace)).trim();
  const config = parse(await readFile(controlPlane.kubeconfig, 'utf8')) as {
    clusters: [{ cluster: { 'certificate-authority-data': string } }];
  };
  ca = config.clusters[0].cluster['certificate-authority-data'];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Files = Readonly<Record<string, string | undefined>>;

const mounted = (): Files => ({ token, 'ca.crt': Buffer.from(ca, 'base64').toString(), namespace });

/** As kubelet writes them: links through one link, which a newer version replaces at once. */
async function write(place: string, version: string, files: Files): Promise<void> {
  await mkdir(join(place, version), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    if (text === undefined) continue;
    await writeFile(join(place, version, name), text);
    await symlink(join('..data', name), join(place, name)).catch(() => {});
  }
  await symlink(version, join(place, '..data.new'));
  await rename(join(place, '..data.new'), join(place, '..data'));
}

const inPod = (place: string, variables: NodeJS.ProcessEnv, command: readonly string[]): Promise<Answer> => {
  const { hostname, port } = new URL(controlPlane.server);
  return run(controlPlane, [...enter, 'sh', '-c', mount, 'sh', place, ...command], {
    variables: {
      HOME: folder,
      KUBECONFIG: undefined,
      POD_NAMESPACE: undefined,
      FORCE_COLOR: undefined,
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      ...variables,
    },
  });
};

/** What the server says of whom it refuses: nobody here may list Services. */
const whoIn = ({ stdout, stderr }: Answer): string | undefined => {
  const [, user = '', where = ''] =
    /User \\?"([^"\\]+)\\?" cannot list resource \\?"services\\?" in API group \\?"\\?" in the namespace \\?"([^"\\]+)/.exec(
      `${stdout}${stderr}`,
    ) ?? [];
  return user === '' ? undefined : `${user} in ${where}`;
};

interface Case {
  readonly files?: () => Files;
  readonly env?: NodeJS.ProcessEnv;
  readonly args?: readonly string[];
  /** Another kubeconfig, in KUBECONFIG; its token is the one of viewer. */
  readonly kubeconfig?: { readonly context?: object; readonly more?: object };
  readonly who: () => string | undefined;
}

const app = () => `system:serviceaccount:${namespace}:app in ${namespace}`;
const nobody = () => undefined;
const without = (name: string) => () => ({ ...mounted(), [name]: undefined });

const cases: Readonly<Record<string, Case>> = {
  'a Pod': { who: app },
  'a token with a line break at its end': { files: () => ({ ...mounted(), token: `${token}\n` }), who: app },
  'a namespace in POD_NAMESPACE': {
    env: { POD_NAMESPACE: 'elsewhere' },
    who: () => `system:serviceaccount:${namespace}:app in elsewhere`,
  },
  'a namespace in -n': {
    args: ['-n', 'elsewhere'],
    who: () => `system:serviceaccount:${namespace}:app in elsewhere`,
  },
  'no namespace': {
    files: without('namespace'),
    who: () => `system:serviceaccount:${namespace}:app in default`,
  },
  'no token': { files: without('token'), who: nobody },
  'an empty token': { files: () => ({ ...mounted(), token: '' }), who: nobody },
  'a token that nobody knows': { files: () => ({ ...mounted(), token: 'wrong' }), who: nobody },
  'no authority': { files: without('ca.crt'), who: nobody },
  'an authority that is none': { files: () => ({ ...mounted(), 'ca.crt': 'nothing' }), who: nobody },
  'no address of the server': { env: { KUBERNETES_SERVICE_HOST: undefined }, who: nobody },
  'no port of the server': { env: { KUBERNETES_SERVICE_PORT: undefined }, who: nobody },
  'a context that no kubeconfig names': { args: ['--context', 'prod'], who: nobody },
  'a kubeconfig that is not there': { args: ['--kubeconfig', '/not/there'], who: nobody },
  'a KUBECONFIG that is not there': { env: { KUBECONFIG: '/not/there' }, who: app },
  'a KUBECONFIG': { kubeconfig: { context: { namespace: 'its-own' } }, who: () => 'viewer in its-own' },
  'a KUBECONFIG without a namespace': { kubeconfig: {}, who: () => `viewer in ${namespace}` },
  'a KUBECONFIG with the namespace default': {
    kubeconfig: { context: { namespace: 'default' } },
    who: () => 'viewer in default',
  },
  'a KUBECONFIG with an empty namespace': {
    kubeconfig: { context: { namespace: '' } },
    who: () => `viewer in ${namespace}`,
  },
  'a KUBECONFIG without a current context': { kubeconfig: { more: { 'current-context': undefined } }, who: app },
  'a KUBECONFIG whose current context is not there': {
    kubeconfig: { more: { 'current-context': 'gone' } },
    who: nobody,
  },
  'a KUBECONFIG that holds nothing but a current context': {
    kubeconfig: { more: { contexts: [], clusters: [], users: [] } },
    who: nobody,
  },
};

async function kubeconfigOf(name: string, { context = {}, more = {} }: NonNullable<Case['kubeconfig']>) {
  const config = parse(await readFile(controlPlane.kubeconfig, 'utf8')) as {
    contexts: { name: string; context: object }[];
  };
  const contexts = config.contexts.map((each) => ({ ...each, context: { ...each.context, ...context } }));
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, stringify({ ...config, contexts, 'current-context': 'viewer', ...more }), { mode: 0o600 });
  return file;
}

describe.skipIf(obstacle !== '').concurrent(`the files of a Pod${obstacle}`, () => {
  test.each(Object.entries(cases))('%s', async (name, { files = mounted, env = {}, args = [], kubeconfig, who }) => {
    const id = name.replaceAll(/\W+/g, '-');
    const place = join(folder, id);
    await write(place, '..1', files());
    const variables = { ...env, ...(kubeconfig ? { KUBECONFIG: await kubeconfigOf(id, kubeconfig) } : {}) };
    const ours = [process.execPath, cli, 'check', 'kubernetes', '-o', 'json', '--probe', 'none', ...args];
    const [theirs, answer] = await Promise.all([
      // Not with --request-timeout: then kubectl takes its defaults for a kubeconfig, and asks localhost:8080.
      inPod(place, variables, ['kubectl', 'get', 'services', ...args]),
      inPod(place, variables, ours),
    ]);
    expect({ kubectl: whoIn(theirs), svcdoctor: whoIn(answer) }, `${theirs.stderr}${answer.stderr}`).toEqual({
      kubectl: who(),
      svcdoctor: who(),
    });
    expect(answer.exitCode, answer.stderr).toBe(2);
    expect(answer.stderr).toMatch(/^error: \S.*\nhint: \S/m);
    expect(answer.stderr).not.toMatch(/This is a bug|\n\s+at /);
  });

  test.each([
    ['--request-timeout=5s', /cannot list resource "services"/],
    ['--as=jane', /cannot impersonate/],
  ])('%s: kubectl forgets where it is, svcdoctor asks the server of the Pod', async (option, refusal) => {
    const place = join(folder, option.replaceAll(/\W+/g, '-'));
    await write(place, '..1', mounted());
    const ours = [process.execPath, cli, 'check', 'kubernetes', '-o', 'json', '--probe', 'none', option];
    const [theirs, answer] = await Promise.all([
      inPod(place, {}, ['kubectl', 'get', 'services', option]),
      inPod(place, {}, ours),
    ]);
    expect(theirs.stderr).toContain('localhost:8080');
    expect(`${answer.stdout}${answer.stderr}`.replaceAll('\\"', '"')).toMatch(refusal);
    expect(answer.exitCode).toBe(2);
  });

  test('a token that kubelet renews while the gate waits', async () => {
    const demo = await createDemo();
    const place = join(folder, 'renewed');
    await write(place, '..1', { ...mounted(), token: 'first' });
    let renewed = false;
    const rejected = { kind: 'answer', status: 401, body: '{"kind":"Status","message":"Unauthorized"}' } as const;
    await using proxy = await faultProxy(await upstreamOf(controlPlane), 'h2', ({ token: shown, path }) => {
      if (shown !== (renewed ? 'second' : 'first')) return rejected;
      // Watches that end make the gate ask again.
      return path.includes('watch=true') && !renewed ? { kind: 'answer', status: 200, body: '' } : pass;
    });
    const { hostname, port } = new URL(proxy.url);
    const command = [process.execPath, cli, 'gate', '-n', demo, '--wait', '5s', '--settle', '3s', '-o', 'json'];
    const gate = inPod(place, { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port }, command);
    await vi.waitFor(() => expect(proxy.asked.some(({ path }) => path.includes('watch=true'))).toBe(true), 20_000);
    await write(place, '..2', { ...mounted(), token: 'second' });
    renewed = true;
    const { exitCode, stderr } = await gate;
    expect(exitCode, stderr).toBe(0);
    expect(new Set(proxy.asked.map(({ token: shown }) => shown))).toEqual(new Set(['first', 'second']));
    expect(proxy.asked.filter(({ token: shown }) => shown === 'second').length).toBeGreaterThan(0);
  });
});
