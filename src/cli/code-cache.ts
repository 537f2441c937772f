import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/** What a cached file begins with: which script it is of, how often it was written, and the checksum of the rest. */
const headerBytes = 64;

/** So many runs add what they compiled: the first may have found nothing, and not have printed what the next one prints. */
const generations = 4;

interface Cached {
  readonly generation: number;
  readonly code: Uint8Array;
}

/** Names the bytes of the script; the build puts it in. */
declare const BUILD: string;

let exported: unknown;

/**
 * What the script beside the bundle's main file exports. It is a function of a CommonJS module and its folder, and runs once, whoever asks. What V8
 * compiled of it is kept in the person's cache folder, since compiling takes longer than a diagnosis.
 *
 * Node's own compile cache keeps what is compiled on loading, which is little: a function is compiled when it is called first.
 */
export const exportsFor = (command: string): unknown =>
  (exported ??= run(join(import.meta.dirname, 'commands.cjs'), BUILD, command));

function run(file: string, build: string, command: string): unknown {
  const folder = cacheFolder(process.env);
  const place = folder && join(folder, `${command}-node-${process.version}-${process.arch}.v8`);
  const cached = place === undefined ? undefined : readCached(place, build);
  const script = new Script(readFileSync(file, 'utf8'), {
    filename: file,
    ...(cached ? { cachedData: cached.code } : {}),
  });
  const generation = cached && script.cachedDataRejected !== true ? cached.generation + 1 : 1;
  if (place !== undefined && generation <= generations) keepWhenDone(script, place, build, generation);
  const module: { exports: unknown } = { exports: {} };
  (script.runInThisContext() as (module: { exports: unknown }, folder: string) => void)(module, dirname(file));
  return module.exports;
}

function keepWhenDone(script: Script, place: string, build: string, generation: number): void {
  const { cachedDataVersionTag } = process.getBuiltinModule('node:v8');
  const tag = cachedDataVersionTag();
  process.once('exit', () => {
    // Compiled after V8 was set otherwise, it would be refused by a run that begins like this one.
    if (cachedDataVersionTag() === tag) writeCached(place, build, { generation, code: script.createCachedData() });
  });
}

/** Where programs keep what they can make anew; undefined where nobody says, or nothing is to be kept. */
export function cacheFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string | undefined {
  if (env['NODE_DISABLE_COMPILE_CACHE']) return undefined;
  const { XDG_CACHE_HOME: named, HOME: home, LOCALAPPDATA: local } = env;
  const base =
    named || (platform === 'win32' ? local : home && join(home, platform === 'darwin' ? 'Library/Caches' : '.cache'));
  return base ? join(base, 'svcdoctor') : undefined;
}

/** Code from a file runs: it must be ours, and whole. V8 itself refuses that of another version or other flags, and trusts every byte. */
function readCached(place: string, build: string): Cached | undefined {
  try {
    if (!isOurs(place)) return undefined;
    const bytes = readFileSync(place);
    const code = bytes.subarray(headerBytes);
    const [its = '', generation = '', checksum = ''] = bytes.toString('latin1', 0, headerBytes).split(' ');
    return its === build && checksum === String(crc32(code)) ? { generation: Number(generation), code } : undefined;
  } catch {
    return undefined;
  }
}

/** Where it cannot be kept, the next run compiles again. */
function writeCached(place: string, build: string, { generation, code }: Cached): void {
  const beside = `${place}.${process.pid}.tmp`;
  try {
    const folder = dirname(place);
    // Not `recursive`: where the kernel says that a folder cannot be, as below /proc, Node tries for ever.
    for (const missing of [dirname(folder), folder].filter((each) => !existsSync(each))) mkdirSync(missing, 0o700);
    if (!isOurs(folder)) return;
    const header = Buffer.alloc(headerBytes, ' ');
    header.write(`${build} ${generation} ${crc32(code)} `, 'latin1');
    writeFileSync(beside, Buffer.concat([header, code]), { mode: 0o600, flag: 'wx' });
    renameSync(beside, place);
  } catch {
    try {
      rmSync(beside, { force: true });
    } catch {}
  }
}

/** Nobody else can have written it, not even where the folder is one of another user, as with `sudo` that keeps HOME. */
function isOurs(path: string): boolean {
  const { uid, mode } = statSync(path);
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
}
