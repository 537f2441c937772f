import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, createDemo, run } from './lab.ts';

/** What is published, installed somewhere else: no source, no dependency, the same answers. */

const root = join(import.meta.dirname, '../..');
let folder = '';

const inFolder = (command: string) => run(['bash', '-c', `cd "$0" && ${command}`, folder]);

async function succeed(done: Promise<Answer>): Promise<void> {
  const { exitCode, stderr } = await done;
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stderr}`);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'svcdoctor-package-'));
  await writeFile(join(folder, 'package.json'), '{}');
  await succeed(run(['bash', '-c', 'cd "$0" && npm pack --silent --pack-destination "$1"', root, folder]));
  await succeed(inFolder('npm install --silent --no-audit --no-fund --offline ./svcdoctor-*.tgz'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('it brings no dependency along', async () => {
  expect((await readdir(join(folder, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual(['svcdoctor']);
});

/** Notes each file that Node loads, on stderr. */
const notesLoaded = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  import { writeSync } from 'node:fs';
  registerHooks({ load(url, context, next) { if (url.startsWith('file:')) writeSync(2, 'loaded ' + url + '\\n'); return next(url, context); } });
`)}`;

test.each([[['--version']], [['--help']], [['check', '--help']], [['check', '--no-such-option']]])(
  '%j loads one file beside the one in bin',
  async (args) => {
    const bin = join(folder, 'node_modules/svcdoctor/bin/svcdoctor.js');
    const { stderr } = await run([process.execPath, '--import', notesLoaded, bin, ...args]);
    const loaded = [...stderr.matchAll(/^loaded .*\/svcdoctor\/(.*)$/gm)].map(([, file]) => file);
    expect(loaded).toEqual(['bin/svcdoctor.js', 'dist/main.js']);
  },
);

test('it takes 3 MB of disk at most', async () => {
  const files = await readdir(join(folder, 'node_modules/svcdoctor'), { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    files
      .filter((file) => file.isFile())
      .map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(3e6);
});

describe('what it is made of', () => {
  interface Bom {
    readonly components: readonly { readonly group?: string; readonly name: string; readonly version: string }[];
  }
  const brought = (file: string) => readFile(join(folder, 'node_modules/svcdoctor', file), 'utf8');
  const names = async () =>
    (JSON.parse(await brought('dist/sbom.cdx.json')) as Bom).components
      .map(({ group, name, version }) => `${group ? `${group}/` : ''}${name} ${version}`)
      .sort();

  test('stands in a bill of materials that is valid CycloneDX', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(await brought('dist/sbom.cdx.json'))).toBeNull();
    expect(await validator.validate('{"bomFormat": "CycloneDX"}')).not.toBeNull();
  });

  test('is what the bundles hold, and nothing that serves development', async () => {
    const found = (await names()).map((each) => each.split(' ')[0]);
    expect(found).toEqual(
      expect.arrayContaining(['@kubernetes/client-node', 'commander', 'dns-packet', 'express', 'pg', 'undici', 'yaml']),
    );
    for (const name of ['vitest', 'typescript', 'esbuild', 'oxlint', 'ajv']) expect(found).not.toContain(name);
  });

  test('comes with its licences, each with its text, beside our own', async () => {
    const sections = (await brought('dist/THIRD_PARTY_LICENSES.txt')).split(`${'-'.repeat(80)}\n`).slice(1);
    expect(sections.map((section) => /^(\S+ \S+) \(/.exec(section)?.[1] ?? '').sort()).toEqual(await names());
    for (const section of sections) expect(section).toMatch(/permi(t|ssion)|licens/i);
    expect(await brought('LICENSE')).toContain('Apache License');
  });

  test('has no known weakness, as far as the registry tells', async () => {
    const { exitCode, stdout, stderr } = await run(['bash', '-c', 'cd "$0" && node scripts/audit-shipped.ts', root]);
    if (exitCode === 3) expect(stderr).toMatch(/^not audited: npm audit asked .*, in vain: .+\n$/);
    else expect(stdout).toMatch(/none with a known weakness/);
  });
});

test('packed again, in another language and time zone, it is the same, byte for byte', async () => {
  const pack = 'mkdir "$1" && cd "$0" && TZ=Asia/Tokyo LC_ALL=C npm pack --silent --pack-destination "$1"';
  await succeed(run(['bash', '-c', pack, root, join(folder, 'again')]));
  const [name = ''] = await readdir(join(folder, 'again'));
  expect((await readFile(join(folder, 'again', name))).equals(await readFile(join(folder, name)))).toBe(true);
});

describe('what V8 compiled is kept for the next run', () => {
  const bin = () => join(folder, 'node_modules/svcdoctor/bin/svcdoctor.js');
  const check = async (cache: string, ...variables: readonly string[]) => {
    const snapshot = join(root, 'test/cases/017-selector-typo.yaml');
    const env = ['env', `XDG_CACHE_HOME=${cache}`, ...variables] as const;
    const { stdout, stderr, exitCode } = await run([...env, process.execPath, bin(), 'check', '--snapshot', snapshot]);
    expect(stderr).toBe('');
    expect(exitCode).toBe(1);
    return stdout;
  };
  const keptIn = async (cache: string) => {
    const [name = ''] = await readdir(join(cache, 'svcdoctor'));
    return join(cache, 'svcdoctor', name);
  };

  test('for this person alone, and used', async () => {
    const cache = join(folder, 'cache');
    const first = await check(cache);
    const file = await keptIn(cache);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(cache, 'svcdoctor'))).mode & 0o777).toBe(0o700);
    expect(await generationOf(file)).toBe('1');
    expect(await check(cache)).toBe(first);
    expect(await generationOf(file)).toBe('2');
  });

  test('but not where a byte of it is another, or somebody else could have written it', async () => {
    const cache = join(folder, 'spoilt');
    const first = await check(cache);
    const file = await keptIn(cache);
    const bytes = await readFile(file);
    const middle = bytes.length >> 1;
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
    await writeFile(file, bytes);
    expect(await check(cache)).toBe(first);
    expect(await generationOf(file)).toBe('1');
    await chmod(file, 0o666);
    expect(await check(cache)).toBe(first);
    expect(await generationOf(file)).toBe('1');
  });

  test('and nothing where nothing may be', async () => {
    const cache = join(folder, 'unasked');
    await check(cache, 'NODE_DISABLE_COMPILE_CACHE=1');
    await expect(readdir(cache)).rejects.toThrow('ENOENT');
    await check('/proc/nowhere');
  });
});

const generationOf = async (file: string) => (await readFile(file, 'latin1')).split(' ', 2)[1];

test('a proxy is asked with what client-node knows of proxies, and Node has nothing to say about that', async () => {
  const kubeconfig = join(folder, 'proxied');
  const cluster = { server: 'https://192.0.2.1', 'proxy-url': 'http://127.0.0.1:1' };
  const config = {
    clusters: [{ name: 'far', cluster }],
    contexts: [{ name: 'far', context: { cluster: 'far' } }],
    'current-context': 'far',
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const { stderr, exitCode } = await inFolder(`npx --offline svcdoctor check demo/db --kubeconfig ${kubeconfig}`);
  expect(stderr).toMatch(/^error: cannot reach .* through the proxy .*\nhint: .*\n$/);
  expect(exitCode).toBe(2);
});

test('npx svcdoctor check diagnoses a Service of the cluster', async () => {
  const namespace = await createDemo();
  const answer = await inFolder(`npx --offline svcdoctor check ${namespace}/db --probe none`);
  expect(answer.stderr).toBe('');
  expect(answer.stdout).toContain(`${namespace}/db is healthy`);
  expect(answer.exitCode).toBe(0);
});

test('publint has nothing to say', async () => {
  const answer = await run(['bash', '-c', 'cd "$0" && npx publint --strict', root]);
  expect(answer.exitCode, answer.stdout + answer.stderr).toBe(0);
});
