import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { codeBlocksOf } from '../kit/code-blocks.ts';
import { type Answer, apply, createDemo, createNamespace, kubectl, readyAddresses, run, waitForSlices } from './lab.ts';

/** What docs/ci.md and action.yml say, run as a pipeline would: with the package installed, against a real API server. */

const root = join(import.meta.dirname, '../..');
const blocks = await codeBlocksOf('docs/ci.md');
let folder = '';
let healthy = '';
let broken = '';

/** A Service whose selector misses the Pods of its Deployment by a letter, on line 7. */
const manifests = `apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  selector:
    app: wep
  ports:
    - port: 80
      targetPort: http
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          ports:
            - name: http
              containerPort: 8080
`;

const blockOf = (name: string, namespace: string): string => {
  const code = blocks.get(name);
  if (code === undefined) throw new Error(`docs/ci.md has no ${name}`);
  return code.replaceAll(/\bshop\b/g, namespace);
};

/** A line of a script as a runner executes it; `npx` finds the package installed there and asks no registry. */
const shell = (script: string, variables: Readonly<Record<string, string>> = {}): Promise<Answer> => {
  const set = Object.entries({ npm_config_offline: 'true', ...variables }).map(([name, value]) => `${name}=${value}`);
  return run(['env', '-C', folder, ...set, 'bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', script]);
};

async function breakSelector(namespace: string): Promise<void> {
  await kubectl('patch', 'service', 'db', '-n', namespace, '--type=merge', '-p', '{"spec":{"selector":{"app":"dbx"}}}');
  await waitForSlices(namespace, 'db', (slices) => readyAddresses(slices).length === 0);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'svcdoctor-pipelines-'));
  await writeFile(join(folder, 'package.json'), '{}');
  const packed = await run(['bash', '-c', 'cd "$0" && npm pack --silent --pack-destination "$1"', root, folder]);
  if (packed.exitCode !== 0) throw new Error(packed.stderr);
  const installed = await shell('npm install --silent --no-audit --no-fund --offline ./svcdoctor-*.tgz');
  if (installed.exitCode !== 0) throw new Error(installed.stderr);
  [healthy, broken] = await Promise.all([createDemo(), createDemo()]);
  await breakSelector(broken);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await kubectl('delete', 'crd', 'kustomizations.kustomize.toolkit.fluxcd.io', '--ignore-not-found', '--wait=false');
});

describe('the action', () => {
  interface Action {
    readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
    readonly runs: { readonly steps: readonly Step[] };
  }
  interface Step {
    readonly env?: Readonly<Record<string, string>>;
    readonly run?: string;
  }

  /** Its steps that are scripts, as a runner of GitHub executes them: expressions become variables, files take outputs and summary. */
  async function act(given: Readonly<Record<string, string>>) {
    const { inputs, runs } = parse(await readFile(join(root, 'action.yml'), 'utf8')) as Action;
    const valueOf = (text: string) =>
      text.replaceAll(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name: string) => given[name] ?? inputs[name]?.default ?? '');
    const [output, summary] = [join(folder, 'output'), join(folder, 'summary')];
    await Promise.all([output, summary].map((file) => writeFile(file, '')));
    const answers: Answer[] = [];
    for (const { run: script, env = {} } of runs.steps) {
      if (script === undefined) continue;
      const variables = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, valueOf(value)]));
      // oxlint-disable-next-line no-await-in-loop -- steps follow one another
      answers.push(await shell(script, { ...variables, GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary }));
    }
    const [answer] = answers;
    if (!answer || answers.length !== 1) throw new Error('the action has not one script');
    return { ...answer, output: await readFile(output, 'utf8'), summary: await readFile(summary, 'utf8') };
  }

  test('passes, and leaves every report', async () => {
    const { exitCode, stdout, stderr, output, summary } = await act({
      namespace: healthy,
      arguments: '--wait=30s\n--settle=1s',
    });
    expect(exitCode, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/^svcdoctor: gate: \d passed$/m);
    expect(summary).toContain('### ✅ svcdoctor: gate: ');
    expect(output).toContain('exit-code=0');
    const files = [...output.matchAll(/^(junit|sarif|json|markdown|html)=(.+)$/gm)].map(([, , file = '']) =>
      join(folder, file),
    );
    expect(files).toHaveLength(5);
    for (const file of files) expect(existsSync(file), file).toBe(true);
  });

  test('fails with annotations, a summary and the exit code', async () => {
    const { exitCode, stdout, output, summary } = await act({
      targets: `${broken}/db\n${broken}/api`,
      reports: 'elsewhere',
    });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(new RegExp(`^::error title=${broken}/db%3A gate failed%3A 0 of 1 endpoint ready`, 'm'));
    expect(stdout).toContain('The Service selects no Pods');
    expect(output).toContain('exit-code=1');
    expect(summary).toContain('### ❌ svcdoctor: gate: 1 failed, 1 passed');
    expect(await readFile(join(folder, 'elsewhere/junit.xml'), 'utf8')).toContain('<failure type="fail"');
  });

  test('before the deploy: at the line of the manifest, without a cluster', async () => {
    const workflow = parse(blocks.get('.github/workflows/manifests.yml') ?? '') as {
      jobs: { manifests: { steps: { id?: string; with?: Record<string, string> }[] } };
    };
    const given = workflow.jobs.manifests.steps.find(({ id }) => id === 'gate')?.with ?? {};
    await mkdir(join(folder, 'manifests'), { recursive: true });
    await writeFile(join(folder, 'manifests/web.yaml'), manifests);
    const { exitCode, stdout, stderr } = await act({ ...given, kubeconfig: '', reports: 'before' });
    expect(exitCode, stdout + stderr).toBe(1);
    expect(stdout).toMatch(/^::error title=shop\/web.*,file=manifests\/web\.yaml,line=7::/m);
    const sarif = await readFile(join(folder, 'before/sarif.json'), 'utf8');
    expect(sarif).toMatch(/"uri": "manifests\/web\.yaml"\s+},\s+"region": \{\s+"startLine": 7\b/);
  });

  test('no value becomes a command', async () => {
    const evil = '$(touch pwned); `touch pwned`; "; touch pwned; "';
    const { exitCode, output } = await act({ targets: evil, namespace: evil, reports: 'x', arguments: '' });
    expect(exitCode).toBe(2);
    expect(output).toContain('exit-code=2');
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });
});

test.each([
  [
    'GitLab',
    () =>
      (parse(blocks.get('.gitlab-ci.yml') ?? '') as { svcdoctor: { script: string[] } }).svcdoctor.script.join('\n'),
  ],
  ['Jenkins', () => /sh '(.*)'/.exec(blocks.get('Jenkinsfile') ?? '')?.[1] ?? ''],
])('the script of %s tells how it went, and leaves its reports', async (_name, scriptOf) => {
  const script = scriptOf()
    .replaceAll(/-n shop\b/g, '-n "$SHOP_NAMESPACE"')
    .replace('--wait 2m', '--wait 20s');
  expect(script).toContain('$SHOP_NAMESPACE');
  await rm(join(folder, 'reports'), { recursive: true, force: true });
  const bad = await shell(script, { SHOP_NAMESPACE: broken });
  expect(bad.exitCode, bad.stderr).toBe(1);
  expect(await readFile(join(folder, 'reports/svcdoctor.xml'), 'utf8')).toContain('<failure type="fail"');
  expect(await readFile(join(folder, 'reports/svcdoctor.html'), 'utf8')).toContain('link broken');
});

describe('inside the cluster', () => {
  /** The program of the manifest with the token of its ServiceAccount, and nobody's other rights. */
  async function asAccount(namespace: string, args: readonly string[]): Promise<Answer> {
    const token = (await kubectl('create', 'token', 'svcdoctor', '-n', namespace)).trim();
    interface Config {
      users: { user: unknown }[];
    }
    const config = JSON.parse(await kubectl('config', 'view', '--raw', '--minify', '-o', 'json')) as Config;
    for (const user of config.users) user.user = { token };
    const file = join(folder, `${namespace}.kubeconfig`);
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    return shell(`npx --yes ${args.map((arg) => `'${arg}'`).join(' ')}`, { KUBECONFIG: file });
  }

  const commandOf = (text: string) =>
    (parse(text) as { spec: { template: { spec: { containers: { command: string[] }[] } } } }).spec.template.spec
      .containers[0]?.command ?? [];

  test('the Role suffices for the Job: it passes, and names the cause where it fails', async () => {
    const job = blockOf('job.yaml', healthy);
    await apply(healthy, blockOf('role.yaml', healthy));
    const args = commandOf(job)
      .slice(2)
      .map((arg) => (arg === '2m' ? '20s' : arg));
    const good = await asAccount(healthy, args);
    expect(good.exitCode, good.stdout + good.stderr).toBe(0);
    await apply(broken, blockOf('role.yaml', broken));
    const bad = await asAccount(
      broken,
      args.map((arg) => (arg === healthy ? broken : arg)),
    );
    expect(bad.exitCode, bad.stderr).toBe(1);
    expect(bad.stdout).toContain('The Service selects no Pods');
  });

  test('a namespace with the restricted Pod Security Standard takes the Job and its Pod', async () => {
    const namespace = await createNamespace('restricted');
    await kubectl('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted');
    await apply(namespace, blockOf('role.yaml', namespace));
    await apply(namespace, blockOf('job.yaml', namespace));
    const made = await run([
      'kubectl',
      'wait',
      'job/svcdoctor-gate',
      '-n',
      namespace,
      '--for=jsonpath={.status.active}=1',
      '--timeout=50s',
    ]);
    expect(made.exitCode, made.stderr).toBe(0);
    const chart = (blocks.get('templates/tests/svcdoctor.yaml') ?? '')
      .replaceAll('{{ .Release.Namespace }}', namespace)
      .replaceAll('{{ .Release.Name }}', 'shop');
    expect(chart).not.toContain('{{');
    const file = join(folder, 'hook.yaml');
    for (const [text, verb] of [
      [chart, 'apply'],
      [blockOf('post-sync.yaml', namespace), 'create'],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one file, one after the other
      await writeFile(file, text);
      // oxlint-disable-next-line no-await-in-loop
      const answer = await run(['kubectl', verb, '--dry-run=server', '--validate=strict', '-f', file]);
      expect(answer.exitCode, answer.stderr).toBe(0);
      expect(answer.stderr).toBe('');
    }
  });

  test('Flux’s own definition accepts its Kustomization', async () => {
    await kubectl('apply', '-f', join(root, 'test/schemas/flux-kustomizations.yaml'));
    await kubectl(
      'wait',
      'crd/kustomizations.kustomize.toolkit.fluxcd.io',
      '--for=condition=Established',
      '--timeout=30s',
    );
    const namespace = await createNamespace('flux');
    const file = join(folder, 'flux.yaml');
    await writeFile(file, (blocks.get('gate.yaml') ?? '').replace('namespace: flux-system', `namespace: ${namespace}`));
    const dry = () => run(['kubectl', 'apply', '--dry-run=server', '--validate=strict', '-f', file]);
    await expect.poll(async () => (await dry()).stderr, { timeout: 20_000 }).toBe('');
    expect((await dry()).exitCode).toBe(0);
  });
});
