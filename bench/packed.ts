import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The program as it is published, unpacked in a folder of its own: what people start, and not the sources. */
export interface Packed extends AsyncDisposable {
  readonly bin: string;
  readonly unpackedMegabytes: number;
  readonly dependencies: number;
}

export async function packed(): Promise<Packed> {
  const root = join(import.meta.dirname, '..');
  const folder = await mkdtemp(join(tmpdir(), 'svcdoctor-bench-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: root,
    maxBuffer: 1 << 26,
  });
  // Scripts that run before packing may speak too; the JSON comes last, as a list or, in newer npm, by name.
  const told = JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as
    | readonly Tarball[]
    | Readonly<Record<string, Tarball>>;
  const [tarball] = Object.values(told) as readonly Tarball[];
  if (!tarball) throw new Error('npm pack made nothing');
  await run('tar', ['-xzf', join(folder, tarball.filename), '-C', folder]);
  const manifest = JSON.parse(await readFile(join(folder, 'package/package.json'), 'utf8')) as {
    readonly dependencies?: object;
  };
  return {
    bin: join(folder, 'package/bin/svcdoctor.js'),
    unpackedMegabytes: tarball.unpackedSize / 1e6,
    dependencies: Object.keys(manifest.dependencies ?? {}).length,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

interface Tarball {
  readonly filename: string;
  readonly unpackedSize: number;
}
