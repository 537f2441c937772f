import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  access,
  chmod,
  chown,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, withLock } from '../binaries.ts';
import { type ImageConfig, packImage } from './oci-archive.ts';

/**
 * The images of the cluster with a node, made from programs that are installed here: no registry is asked. They bear
 * the names that manifests use and do what those rely on; inside they are not the images of those names.
 */

const exec = promisify(execFile);
const here = import.meta.dirname;

interface Image {
  readonly name: string;
  readonly config: ImageConfig;
  /** Files that decide what comes out, besides this one. */
  readonly sources: readonly string[];
  fill(root: string): Promise<void>;
}

export interface Archives {
  /** What the node itself needs before a first Pod can run. */
  readonly system: readonly string[];
  readonly applications: readonly string[];
}

/** The name by which the container runtime asks for the process that holds a Pod's namespaces. */
export const pauseImage = 'registry.k8s.io/pause:3.10';

/** The archives of all images, packing those that are missing or older than what they are made of. */
export async function ensureImages(log: (text: string) => void, coreDns: string): Promise<Archives> {
  const busybox = await firstThere('/bin/busybox', '/usr/bin/busybox');
  const system = [pause(busybox), coreDnsImage(coreDns)];
  const applications = [busyboxImage(busybox), nodeImage(busybox), await postgresImage(busybox)];
  const images = [...system, ...applications];
  const folder = cacheFolder('images');
  await mkdir(folder, { recursive: true });
  const archives = new Map<Image, string>();
  for (const image of images) archives.set(image, join(folder, await archiveName(image)));
  const missing = (): Image[] => images.filter((image) => !existsSync(archives.get(image) ?? ''));
  if (missing().length > 0) {
    await withLock(join(folder, 'lock'), log, async () => {
      const started = Date.now();
      const todo = missing();
      await Promise.all(todo.map((image) => pack(image, archives.get(image) ?? '')));
      await removeOlder(
        folder,
        todo.map((image) => archives.get(image) ?? ''),
      );
      if (todo.length > 0) log(`packed ${todo.length} images in ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
    });
  }
  const pathsOf = (wanted: readonly Image[]): string[] => wanted.map((image) => archives.get(image) ?? '');
  return { system: pathsOf(system), applications: pathsOf(applications) };
}

/** `NAME-KEY.tar`; the key changes with whatever the image is made of. A program counts by its size and its time. */
async function archiveName({ name, config, sources }: Image): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([name, config]));
  for (const path of [import.meta.filename, join(here, 'oci-archive.ts')]) hash.update(await readFile(path));
  for (const path of sources) {
    const { size, mtimeMs } = await stat(path);
    hash.update(path.endsWith('.sh') ? await readFile(path) : `${path} ${size} ${mtimeMs}`);
  }
  const short = name.slice(name.lastIndexOf('/') + 1).replace(/:.*/, '');
  return `${short}-${hash.digest('hex').slice(0, 16)}.tar`;
}

async function pack(image: Image, archive: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'svcdoctor-image-'));
  try {
    await chmod(root, 0o755);
    await image.fill(root);
    await packImage(root, image.name, image.config, archive);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function removeOlder(folder: string, archives: readonly string[]): Promise<void> {
  const short = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/-[0-9a-f]{16}\.tar$/, '');
  const fresh = new Map(archives.map((path) => [short(path), path]));
  for (const name of await readdir(folder)) {
    const newer = fresh.get(short(name));
    if (name.endsWith('.tar') && newer && newer !== join(folder, name)) await rm(join(folder, name), { force: true });
  }
}

function pause(busybox: string): Image {
  return {
    name: pauseImage,
    config: { Entrypoint: ['/bin/sleep', '2147483647'] },
    sources: [busybox],
    fill: (root) => install(root, busybox, '/bin/sleep'),
  };
}

function coreDnsImage(coreDns: string): Image {
  return {
    name: 'docker.io/coredns/coredns:1.15.0',
    config: { Entrypoint: ['/coredns'] },
    sources: [coreDns],
    fill: (root) => install(root, coreDns, '/coredns'),
  };
}

function busyboxImage(busybox: string): Image {
  return {
    name: 'docker.io/library/busybox:1.36',
    config: { Cmd: ['sh'], Env: [searchPath] },
    sources: [busybox],
    async fill(root) {
      await putUserland(root, busybox);
      await putAccounts(root);
    },
  };
}

function nodeImage(busybox: string): Image {
  const program = join(here, '..', '..', '..', 'node_modules', 'node', 'bin', 'node');
  const node = existsSync(program) ? program : process.execPath;
  const entrypoint = join(here, 'images', 'node-entrypoint.sh');
  return {
    name: 'docker.io/library/node:24-slim',
    config: { Entrypoint: ['docker-entrypoint.sh'], Cmd: ['node'], Env: [searchPath] },
    sources: [busybox, node, entrypoint],
    async fill(root) {
      await install(root, node, '/usr/local/bin/node');
      await install(root, entrypoint, '/usr/local/bin/docker-entrypoint.sh');
      await putLibraries(root);
      await putUserland(root, busybox);
      await putAccounts(root, { name: 'node', id: 1000, home: '/home/node' });
    },
  };
}

async function postgresImage(busybox: string): Promise<Image> {
  const version = (await postgresVersions())[0] ?? 0;
  const installed = `/usr/lib/postgresql/${version}`;
  const entrypoint = join(here, 'images', 'postgres-entrypoint.sh');
  return {
    name: 'docker.io/library/postgres:17',
    config: {
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['postgres'],
      Env: [`${searchPath}:${installed}/bin`, 'PGDATA=/var/lib/postgresql/data', 'LANG=C'],
      StopSignal: 'SIGINT',
    },
    sources: [busybox, `${installed}/bin/postgres`, entrypoint],
    async fill(root) {
      for (const program of ['postgres', 'initdb', 'psql', 'pg_ctl', 'pg_isready', 'pg_dump', 'createdb', 'dropdb'])
        await install(root, `${installed}/bin/${program}`);
      // LLVM is three times the rest of the image, and only its just-in-time compiler needs it.
      const unneeded = /\/(llvmjit[^/]*|bitcode|pgxs)$/;
      await cp(`${installed}/lib`, join(root, installed, 'lib'), {
        recursive: true,
        filter: (path) => !unneeded.test(path),
      });
      await cp(`/usr/share/postgresql/${version}`, join(root, 'usr/share/postgresql', String(version)), {
        recursive: true,
        filter: (path) => !path.endsWith('/man'),
      });
      for (const zone of ['UTC', 'Etc/UTC']) await install(root, `/usr/share/zoneinfo/${zone}`, undefined, 0o644);
      await install(root, '/usr/bin/setpriv', '/usr/local/bin/setpriv');
      await install(root, entrypoint, '/usr/local/bin/docker-entrypoint.sh');
      await putLibraries(root);
      await putUserland(root, busybox);
      await putAccounts(root, { name: 'postgres', id: 999, home: '/var/lib/postgresql' });
      for (const folder of ['var/lib/postgresql/data', 'var/run/postgresql']) {
        await mkdir(join(root, folder), { recursive: true });
        await chmod(join(root, folder), 0o1777);
        await chown(join(root, folder), 999, 999);
      }
    },
  };
}

/** The major versions of PostgreSQL that are installed, the newest first. */
export async function postgresVersions(): Promise<number[]> {
  const versions = await readdir('/usr/lib/postgresql').catch(() => []);
  return versions
    .filter((version) => existsSync(`/usr/lib/postgresql/${version}/bin/postgres`))
    .map(Number)
    .toSorted((a, b) => b - a);
}

const searchPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

async function install(root: string, file: string, as = file, mode = 0o755): Promise<void> {
  const target = join(root, as);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(file, target);
  await chmod(target, mode);
}

/** A shell and the usual commands, but where something better is already there. */
async function putUserland(root: string, busybox: string): Promise<void> {
  await install(root, busybox, '/bin/busybox');
  const { stdout } = await exec(busybox, ['--list']);
  for (const applet of stdout.trim().split('\n')) {
    const taken = await Promise.any(
      ['bin', 'usr/bin', 'usr/local/bin'].map((folder) => access(join(root, folder, applet))),
    ).then(
      () => true,
      () => false,
    );
    if (!taken) await symlink('busybox', join(root, 'bin', applet));
  }
}

/** Adds the shared libraries that the programs and libraries below the root ask for. */
async function putLibraries(root: string): Promise<void> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const wanted = files.filter((file) => /\.so(\.|$)/.test(file) || /\/bin\/[^/.]+$/.test(file));
  // ldd fails if one of the files is not dynamic, having told all about the others.
  const { stdout } = await exec('ldd', wanted, { maxBuffer: 64 << 20 }).catch((cause: { stdout?: string }) => ({
    stdout: cause.stdout ?? '',
  }));
  const libraries = [...stdout.matchAll(/(?:=> |^\t)(\/\S+) \(0x/gm)].map(([, path = '']) => path);
  for (const library of new Set(libraries)) {
    if (!library.startsWith(root) && !existsSync(join(root, library))) await install(root, library);
  }
}

async function putAccounts(root: string, user?: { name: string; id: number; home: string }): Promise<void> {
  const passwd = ['root:x:0:0:root:/root:/bin/sh'];
  const group = ['root:x:0:'];
  for (const folder of ['etc', 'root']) await mkdir(join(root, folder), { recursive: true });
  await mkdir(join(root, 'tmp'), { recursive: true });
  await chmod(join(root, 'tmp'), 0o1777);
  if (user) {
    passwd.push(`${user.name}:x:${user.id}:${user.id}::${user.home}:/bin/sh`);
    group.push(`${user.name}:x:${user.id}:`);
    await mkdir(join(root, user.home), { recursive: true });
    await chown(join(root, user.home), user.id, user.id);
  }
  await writeFile(join(root, 'etc/passwd'), `${passwd.join('\n')}\n`);
  await writeFile(join(root, 'etc/group'), `${group.join('\n')}\n`);
  await writeFile(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
}

async function firstThere(...paths: readonly [string, ...string[]]): Promise<string> {
  for (const path of paths) {
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return paths[0];
}
