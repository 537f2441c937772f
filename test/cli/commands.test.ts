import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { formats } from '../../src/report/format.ts';
import { formatSnapshot } from '../../src/report/yaml.ts';
import { cluster, service, workload } from '../kit/cluster.ts';
import { svcdoctor } from '../kit/command.ts';
import { fakeApi, json, kubeconfigFor, status } from '../kit/fake-api.ts';

let folder = '';
let healthy = '';
let broken = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'svcdoctor-commands-'));
  healthy = join(folder, 'healthy.yaml');
  broken = join(folder, 'broken.yaml');
  const api = workload({ name: 'api' });
  await writeFile(healthy, formatSnapshot(cluster([...api, ...workload({ name: 'db' }), service({ name: 'db' })])));
  await writeFile(
    broken,
    formatSnapshot(cluster([...api, ...workload({ name: 'db' }), service({ name: 'db', selector: { app: 'dbx' } })])),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('check', () => {
  test('a healthy Service: 0, a broken one: 1, whatever the format', { timeout: 60_000 }, async () => {
    for (const format of formats) {
      expect((await svcdoctor('check', 'demo/db', '--snapshot', healthy, '-o', format)).exitCode, format).toBe(0);
      expect((await svcdoctor('check', 'demo/db', '--snapshot', broken, '-o', format)).exitCode, format).toBe(1);
    }
  });

  test('and a gate too', { timeout: 60_000 }, async () => {
    for (const format of formats) {
      expect((await svcdoctor('gate', 'demo/db', '--snapshot', healthy, '-o', format)).exitCode, format).toBe(0);
      expect((await svcdoctor('gate', 'demo/db', '--snapshot', broken, '-o', format)).exitCode, format).toBe(1);
    }
  });

  test('one Service by name is a Report, a namespace is a list', async () => {
    const { stdout: one } = await svcdoctor('check', 'db', '-n', 'demo', '--snapshot', healthy, '-o', 'json');
    expect(JSON.parse(one)).toMatchObject({ kind: 'Report', target: 'demo/db', verdict: 'healthy' });
    const { stdout: list } = await svcdoctor('check', '-n', 'demo', '--snapshot', healthy, '-o', 'yaml');
    expect(parse(list)).toMatchObject({ kind: 'ReportList', items: [{ target: 'demo/db' }] });
    const { stdout: all } = await svcdoctor('check', '--snapshot', healthy, '-o', 'json');
    expect(JSON.parse(all)).toMatchObject({ items: [{ target: 'demo/db' }, { target: 'kube-system/kube-dns' }] });
  });

  test(
    'the same run in several formats: private files, made with their folders, replaced whole',
    { timeout: 60_000 },
    async () => {
      const file = (name: string) => join(folder, 'reports', name);
      const asked = formats.flatMap((format) => ['--output-file', `${format}=${file(format)}`]);
      const { exitCode, stdout } = await svcdoctor('check', 'demo/db', '--snapshot', broken, '-q', ...asked);
      expect(exitCode).toBe(1);
      expect(stdout).toMatch(/^✖ demo\/db: .*\n$/);
      for (const format of formats) {
        expect((await stat(file(format))).mode & 0o777, format).toBe(0o600);
        const { stdout: printed } = await svcdoctor('check', 'demo/db', '--snapshot', broken, '-q', '-o', format);
        expect(await readFile(file(format), 'utf8'), format).toBe(printed);
      }
      expect(await readdir(join(folder, 'reports'))).toEqual([...formats].sort());
      await writeFile(file('text'), 'of yesterday\n'.repeat(100));
      await svcdoctor('check', 'demo/db', '--snapshot', healthy, '--output-file', `text=${file('text')}`);
      expect(await readFile(file('text'), 'utf8')).toMatch(/^demo\/db [\s\S]* is healthy\n(?![\s\S]*of yesterday)/);
    },
  );

  test('a report that cannot be written is an error, though the diagnosis is printed', async () => {
    const pipe = join(folder, 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    for (const path of [join(healthy, 'x.xml'), folder, pipe]) {
      const ran = await svcdoctor('check', 'demo/db', '--snapshot', healthy, '--output-file', `junit=${path}`);
      expect(ran.exitCode, path).toBe(2);
      expect(ran.stdout).toContain('is healthy');
      expect(ran.stderr).toContain(`error: cannot write ${path}: `);
    }
  });

  test('-o github adds Markdown to the summary of the step', async () => {
    const summary = join(folder, 'summary.md');
    await writeFile(summary, 'of an earlier command\n');
    vi.stubEnv('GITHUB_STEP_SUMMARY', summary);
    try {
      const { stdout } = await svcdoctor('check', 'demo/db', '--snapshot', broken, '-o', 'github');
      expect(stdout).toMatch(/^::error title=demo\/db/);
    } finally {
      vi.unstubAllEnvs();
    }
    expect(await readFile(summary, 'utf8')).toMatch(/^of an earlier command\n### ❌ svcdoctor: 1 Service: 1 broken/);
  });

  test('a target that is named twice is judged once', async () => {
    const { stdout } = await svcdoctor('check', 'demo/db', 'svc/db', '-n', 'demo', '--snapshot', healthy, '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'Report' });
  });

  test('a missing Service is a diagnosis, a missing client a slip', async () => {
    const { exitCode, stdout } = await svcdoctor('check', 'demo/bd', '--snapshot', healthy, '-o', 'json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'broken', findings: [{ id: 'name/no-such-service' }] });
    const slip = await svcdoctor('check', 'demo/db', '--from', 'demo/deploy/apj', '--snapshot', healthy);
    expect(slip).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'error: there is no Deployment apj in namespace demo\nhint: did you mean --from demo/Deployment/api?\n',
    });
  });
});

describe('what cannot be done is one line and a hint, exit code 2', () => {
  const cases: Readonly<Record<string, readonly [args: readonly string[], words: RegExp]>> = {
    'an unknown option': [['check', '--frm', 'x'], /unknown option '--frm'\n\(Did you mean --from\?\)/],
    'an unknown format': [['check', '-o', 'xml'], /Allowed choices are text, json, yaml, junit, /],
    'an unknown command': [['chek'], /unknown command 'chek'\n\(Did you mean check\?\)/],
    'no target': [['check', 'a/b/c/d'], /"a\/b\/c\/d" is not a Service/],
    'no duration': [['check', 'a/b', '--request-timeout', 'soon'], /--request-timeout soon is not a duration/],
    'a file without a format': [
      ['check', '--output-file', 'x.xml'],
      /--output-file <format=path>' argument 'x.xml' is invalid. Say it as FORMAT=PATH/,
    ],
    'a file of no known format': [['check', '--output-file', 'xml=x.xml'], /FORMAT being one of text, json/],
    'a file named twice': [
      ['check', '--output-file', 'junit=x.xml', '--output-file', 'text=x.xml'],
      /That file is named twice/,
    ],
    '-A and a target': [['check', '-A', 'demo/db'], /-A means every Service/],
    'a missing file': [['check', 'demo/db', '--snapshot', '/not/there'], /cannot read \/not\/there: no such file/],
    'a missing kubeconfig': [
      ['check', 'demo/db', '--kubeconfig', '/not/there'],
      /cannot read the kubeconfig \/not\/there/,
    ],
  };
  for (const [name, [args, words]] of Object.entries(cases)) {
    test(name, async () => {
      const { exitCode, stdout, stderr } = await svcdoctor(...args);
      expect(stderr).toMatch(words);
      expect(stderr).toMatch(/^error: .*\n(\(.*\)\n)?hint: .*\n$/);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    });
  }

  test('a namespace that the file does not hold', async () => {
    const { stderr } = await svcdoctor('check', '-n', 'shop', '--snapshot', healthy);
    expect(stderr).toMatch(/holds no Service of namespace shop\nhint: it holds Services of demo, kube-system/);
  });

  test('control characters from the cluster stay out of the terminal', async () => {
    await using api = await fakeApi((_request, response) =>
      json(response, 500, status(500, 'x', 'bad \u001b[31m thing\nhere')),
    );
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigFor(api.url));
    const { stderr, exitCode } = await svcdoctor('check', 'demo/db', '--kubeconfig', kubeconfig);
    expect(stderr).toMatch(/^error: nothing could be read: bad \\u001b\[31m thing here\nhint: .*\n$/);
    expect(exitCode).toBe(2);
  });
});

describe('snapshot', () => {
  test('writes a private file, from which check says the same', async () => {
    const file = join(folder, 'case.yaml');
    const taken = await svcdoctor('snapshot', 'demo/db', '--from', 'demo/deploy/api', '--snapshot', broken, '-f', file);
    expect(taken).toMatchObject({ exitCode: 0, stdout: '' });
    expect(taken.stderr).toMatch(/^\d+ objects in .*redacted: \d+ values/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const again = await svcdoctor('check', '--snapshot', file, '-o', 'json');
    const first = await svcdoctor('check', 'demo/db', '--from', 'demo/deploy/api', '--snapshot', broken, '-o', 'json');
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(first.stdout));
    expect(again.exitCode).toBe(1);
  });

  test('or prints it, and says what was left out on stderr only', async () => {
    const { stdout, stderr } = await svcdoctor('snapshot', 'demo/db', '--snapshot', healthy);
    expect(parse(stdout)).toMatchObject({ kind: 'Snapshot', targets: ['demo/db'] });
    expect(stderr).toContain('Secrets are never read');
    expect((await svcdoctor('snapshot', 'demo/db', '--snapshot', healthy, '-q')).stderr).toBe('');
  });

  test('a file that cannot be written leaves nothing behind', async () => {
    const { exitCode, stderr } = await svcdoctor(
      'snapshot',
      'demo/db',
      '--snapshot',
      healthy,
      '-f',
      '/not/there/x.yaml',
    );
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/cannot write \/not\/there\/x.yaml/);
  });
});

test('help shows examples and exit codes', async () => {
  const { stdout, exitCode } = await svcdoctor('check', '--help');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/Examples:[\s\S]*Exit code:/);
  expect(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')).toContain(
    `"version": "${(await svcdoctor('--version')).stdout.trim()}"`,
  );
});
