import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Answer } from './kubectl.ts';
import { run as runIn } from './kubectl.ts';
import { apply, controlPlane, createDemo, kubectl, podEvent, podIn } from './lab.ts';

/** Credentials planted wherever a cluster and a kubeconfig keep them: none comes out again, whatever is asked and in whatever form. */

let folder = '';
let namespace = '';
let kubeconfig = '';

/** Each with what no other text has, so that one search finds all. */
const canary = (where: string) => `c4n4ry-${where}`;
const anyCanary = /c4n4ry[\w-]*/g;

const cli = join(import.meta.dirname, '..', '..', 'bin', 'svcdoctor.js');
const svcdoctor = (args: readonly string[], input = ''): Promise<Answer> =>
  runIn(controlPlane, [process.execPath, cli, ...args], {
    input,
    variables: { KUBECONFIG: kubeconfig, FORCE_COLOR: undefined, C4N4RY: canary('environment') },
  });

const planted = `
apiVersion: v1
kind: Secret
metadata: { name: hidden }
stringData: { password: ${canary('secret')} }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: bystander }
data: { note: ${canary('configmap-of-others')} }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data:
  DB_PASSWORD: ${canary('configmap-key')}
  DB_URL: postgres://app:${canary('configmap-url')}@dbx:5432/app
  app.yaml: |
    database:
      host: db
      password: ${canary('configmap-yaml')}
---
apiVersion: v1
kind: Service
metadata:
  name: shop
  annotations:
    example.org/note: "runs with password=${canary('annotation')}"
    example.org/api-token: ${canary('annotation-name')}
spec: { selector: { app: shop }, ports: [{ name: http, port: 80, targetPort: nowhere }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations: { example.org/upstream: "http://app:${canary('ingress')}@shop:80" }
spec: { rules: [{ http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 81 } } } }] } }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  selector: { matchLabels: { app: shop } }
  template:
    metadata:
      labels: { app: shop }
      annotations: { example.org/dsn: "postgres://app:${canary('template')}@db/app" }
    spec:
      containers:
        - name: shop
          image: example/shop:1
          command: [sh, -c, "PGPASSWORD=${canary('command')} exec /shop"]
          args: ["--password=${canary('argument')}", --api-token, "${canary('next-argument')}"]
          envFrom: [{ configMapRef: { name: settings } }]
          env:
            - { name: API_TOKEN, value: ${canary('variable')} }
            - { name: CACHE_URL, value: "redis://:${canary('url')}@shopp:80/0" }
            - { name: DSN, value: "host=db port=5432 user=app password=${canary('dsn')}" }
          readinessProbe:
            httpGet:
              path: /
              port: 80
              httpHeaders: [{ name: Authorization, value: "Bearer ${canary('probe-header')}" }]
          lifecycle: { preStop: { exec: { command: [sh, -c, "curl -u x --token=${canary('hook')} http://x"] } } }
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'svcdoctor-canaries-'));
  namespace = await createDemo();
  await apply(namespace, planted);
  const pod = await vi.waitFor(() => podIn(namespace, 'app=shop'), { timeout: 20_000, interval: 100 });
  await podEvent(pod, {
    type: 'Warning',
    reason: 'Unhealthy',
    message: `Readiness probe failed: Get "http://app:${canary('event')}@10.0.0.1/": refused; "password": "${canary('event-json')}"`,
  });
  // The token comes from a plugin, so that all of its ways are gone.
  const config = parse(await readFile(controlPlane.kubeconfig, 'utf8')) as { users: { user: { token?: string } }[] };
  const token = config.users[0]?.user.token ?? '';
  const plugin = join(folder, 'plugin');
  await writeFile(
    plugin,
    `#!/bin/sh\n[ "$PLUGIN_SECRET" = ${canary('plugin-env')} ] || exit 1\n` +
      `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'$(cat "$(dirname "$0")/token")'"}}'\n`,
  );
  await chmod(plugin, 0o755);
  await writeFile(join(folder, 'token'), token, { mode: 0o600 });
  for (const user of config.users)
    user.user = {
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: plugin,
        interactiveMode: 'Never',
        env: [{ name: 'PLUGIN_SECRET', value: canary('plugin-env') }],
      },
    } as object;
  kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, stringify(config), { mode: 0o600 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function demandSilence({ stdout, stderr }: Answer, what: string): Promise<void> {
  const token = await readFile(join(folder, 'token'), 'utf8');
  const said = `${stdout}${stderr}`;
  expect(said.match(anyCanary) ?? [], what).toEqual([]);
  expect(said.includes(token), `${what} prints the token`).toBe(false);
}

const formats = ['text', 'json', 'yaml', 'junit', 'sarif', 'markdown', 'github', 'html'];

test('reports in every form, of the cluster and of a file that holds everything', async () => {
  const raw = await kubectl('get', 'all,cm,secret,ing,events,endpointslices', '-n', namespace, '-o', 'yaml');
  expect(new Set(raw.match(anyCanary)).size).toBeGreaterThan(12);
  const everything = join(folder, 'raw.yaml');
  await writeFile(everything, raw);
  const from = ['--from', `${namespace}/deploy/shop`];
  for (const format of formats) {
    const live = await svcdoctor(['check', '-n', namespace, ...from, '-o', format, '--probe', 'none', '-v']);
    expect([0, 1], live.stderr).toContain(live.exitCode);
    await demandSilence(live, `check -o ${format}`);
  }
  for (const format of ['text', 'html', 'json'])
    await demandSilence(
      await svcdoctor(['check', '-n', namespace, ...from, '--snapshot', everything, '-o', format, '-v']),
      `file -o ${format}`,
    );
}, 180_000);

test('snapshots: what was taken out is told, and the file is its owner’s alone', async () => {
  const file = join(folder, 'case.yaml');
  const args = ['snapshot', '-n', namespace, '--from', `${namespace}/deploy/shop`];
  const written = await svcdoctor([...args, '-f', file]);
  await demandSilence(written, 'snapshot -f');
  expect(written.stderr).toMatch(
    /redacted: [1-9]\d* values of environment and arguments, [1-9]\d* of ConfigMaps, [1-9]\d* elsewhere; Secrets are never read/,
  );
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  const text = await readFile(file, 'utf8');
  await demandSilence({ exitCode: 0, stdout: text, stderr: '' }, 'the file');
  expect(text).not.toMatch(/^\s*kind: Secret$/m);
  expect(text).not.toContain('last-applied-configuration');
  await demandSilence(await svcdoctor(args), 'snapshot');
});

test('the gate, and the commands of the demo', async () => {
  await demandSilence(await svcdoctor(['gate', '-n', namespace, '--timeout', '1s']), 'gate');
  await demandSilence(await svcdoctor(['deploy-demo', '--dry-run', 'server', '-n', namespace]), 'deploy-demo');
  await demandSilence(await svcdoctor(['lab', 'hint', '-n', namespace]), 'lab');
  await demandSilence(await svcdoctor(['rbac']), 'rbac');
});

test('errors: of a token, a key, a plugin, a proxy and a kubeconfig that are wrong', async () => {
  const config = parse(await readFile(kubeconfig, 'utf8')) as {
    clusters: { cluster: object }[];
    users: { user: object }[];
  };
  const wrong: Readonly<Record<string, object>> = {
    token: { user: { token: canary('token') } },
    'key that is none': {
      user: { 'client-certificate-data': btoa(canary('cert')), 'client-key-data': btoa(canary('key')) },
    },
    'plugin that prints nonsense': {
      user: {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: 'echo',
          args: [canary('output')],
          interactiveMode: 'Never',
        },
      },
    },
    'plugin that is missing': {
      user: {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: 'no-such-plugin',
          env: [{ name: 'A', value: canary('env') }],
        },
      },
    },
    'proxy with a password': { cluster: { 'proxy-url': `http://app:${canary('proxy')}@127.0.0.1:9` } },
    'server with a password': { cluster: { server: `https://app:${canary('server')}@127.0.0.1:9` } },
  };
  for (const [what, { user, cluster }] of Object.entries(wrong) as [string, { user?: object; cluster?: object }][]) {
    const file = join(folder, 'wrong');
    await writeFile(
      file,
      stringify({
        ...config,
        clusters: config.clusters.map((each) => ({ ...each, cluster: { ...each.cluster, ...cluster } })),
        users: config.users.map((each) => ({ ...each, ...(user ? { user } : {}) })),
      }),
    );
    const answer = await svcdoctor(['check', 'default/kubernetes', '--kubeconfig', file, '-v']);
    expect(answer.exitCode, answer.stderr).toBe(2);
    await demandSilence(answer, what);
  }
  const broken = join(folder, 'broken');
  await writeFile(broken, `users: [{name: a, user: {token: ${canary('kubeconfig')}}\n  bad: [`);
  await demandSilence(await svcdoctor(['check', '--kubeconfig', broken]), 'a kubeconfig that is not YAML');
});
