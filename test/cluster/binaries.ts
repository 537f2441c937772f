import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ClusterError } from './cluster-error.ts';

const here = import.meta.dirname;

/** Every command that go.mod names, and where its main package lives. Only the cluster with a node needs the last two. */
const packages = {
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  kubelet: 'k8s.io/kubernetes/cmd/kubelet',
  'kube-proxy': 'k8s.io/kubernetes/cmd/kube-proxy',
} as const;

type Binary = keyof typeof packages;

const controlPlane = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
] as const satisfies readonly Binary[];

export const wholeNode = [...controlPlane, 'kubelet', 'kube-proxy'] as const satisfies readonly Binary[];

/** A Go module of ours: its folder here, the commands that can be built from it, and the flags for all of them. */
interface Module {
  readonly folder: string;
  readonly packages: Readonly<{ [binary: string]: string }>;
  readonly flags: readonly string[];
  /** Everything in the folder that decides what comes out. */
  readonly sources: readonly string[];
  readonly howLong: string;
  readonly hint: string;
}

/** GOTOOLCHAIN=local: the Go that is installed builds everything, nothing else is fetched behind the user's back. */
const goEnvironment = {
  ...process.env,
  CGO_ENABLED: '0',
  GOFLAGS: '-mod=readonly -buildvcs=false',
  GOTOOLCHAIN: 'local',
  GOWORK: 'off',
};

/** The folder that holds the wanted binaries, building those which it lacks; says on `log` what takes long. */
export async function ensureBinaries(
  log: (text: string) => void,
  wanted: readonly Binary[] = controlPlane,
): Promise<string> {
  const goMod = await readFile(join(here, 'go.mod'), 'utf8');
  const flags = ['-trimpath', '-tags', 'notest,grpcnotrace', '-ldflags', ['-s -w', ...versionStamps(goMod)].join(' ')];
  return ensureBuilt(log, wanted, {
    folder: here,
    packages,
    flags,
    sources: [goMod, await readFile(join(here, 'go.sum'), 'utf8')],
    howLong: 'five to ten minutes',
    hint: 'The first build downloads 294 Go modules: it needs the network, about 4 GB of disk, and Go 1.26 or newer.',
  });
}

/** The path of CoreDNS, which is a Go module of its own: it needs other versions of what Kubernetes uses too. */
export async function ensureCoreDns(log: (text: string) => void): Promise<string> {
  const folder = join(here, 'coredns');
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
  const built = await ensureBuilt(log, ['coredns'], {
    folder,
    packages: { coredns: '.' },
    flags: ['-trimpath', '-ldflags', '-s -w'],
    sources: await Promise.all(['go.mod', 'go.sum', 'main.go'].map(read)),
    howLong: 'about three minutes',
    hint: 'The first build downloads some 150 Go modules: it needs the network and Go 1.26 or newer.',
  });
  return join(built, 'coredns');
}

/** Where finished work is kept, outside every clone. */
export function cacheFolder(...path: readonly string[]): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'svcdoctor', ...path);
}

/**
 * The folder is named after everything that decides what comes out (go.mod, go.sum, flags, Go itself), so a stale
 * binary cannot be met, and it lies in the user's cache: a fresh clone finds what an older one has built.
 */
async function ensureBuilt(log: (text: string) => void, wanted: readonly string[], module: Module): Promise<string> {
  const go = await goVersion();
  const key = createHash('sha256')
    .update(JSON.stringify([...module.sources, module.flags, module.packages, go]))
    .digest('hex')
    .slice(0, 16);
  const folder = cacheFolder('cluster', key);
  if ((await missing(folder, wanted)).length === 0) return folder;

  await mkdir(folder, { recursive: true });
  await withLock(join(folder, 'lock'), log, async () => {
    const todo = await missing(folder, wanted);
    if (todo.length === 0) return;
    const patience = `once; with cold caches ${module.howLong} on two cores`;
    log(`building ${todo.join(', ')} with ${go} into ${folder} (${patience})\n`);
    for (const [index, binary] of todo.entries()) {
      const started = Date.now();
      log(`  ${index + 1}/${todo.length} ${binary} … `);
      await build(binary, module, folder);
      log(`${((Date.now() - started) / 1000).toFixed(0)} s\n`);
    }
  });
  return folder;
}

/** Without the version stamps the server introduces itself as v0.0.0-master+$Format. */
function versionStamps(goMod: string): string[] {
  const version = /^\s*k8s\.io\/kubernetes (v1\.(\d+)\.\S+)$/m.exec(goMod);
  if (!version) throw new ClusterError('test/cluster/go.mod requires no k8s.io/kubernetes');
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((stamped) => [
    `-X ${stamped}.gitVersion=${version[1]}`,
    `-X ${stamped}.gitMajor=1`,
    `-X ${stamped}.gitMinor=${version[2]}`,
    `-X ${stamped}.gitTreeState=clean`,
    `-X ${stamped}.gitCommit=unknown`,
    `-X ${stamped}.buildDate=1970-01-01T00:00:00Z`,
  ]);
}

async function goVersion(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('go', ['env', 'GOVERSION', 'GOOS', 'GOARCH'], {
      cwd: here,
      env: goEnvironment,
    });
    return stdout.trim().split('\n').join(' ');
  } catch (cause) {
    const notFound = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new ClusterError(notFound ? 'go is not on the PATH' : `go does not run: ${firstLine(cause)}`, {
      hint: 'The test cluster is real Kubernetes, built from source: install Go 1.26 or newer (https://go.dev/dl).',
      cause,
    });
  }
}

async function missing(folder: string, wanted: readonly string[]): Promise<string[]> {
  const there = await Promise.all(
    wanted.map((binary) =>
      access(join(folder, binary)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return wanted.filter((_, index) => !there[index]);
}

/** Compiles to a name of its own and renames at the end, so that a file with the right name is always whole. */
async function build(binary: string, module: Module, folder: string): Promise<void> {
  const what = module.packages[binary] ?? binary;
  const unfinished = join(folder, `.${binary}.${process.pid}`);
  const logFile = join(folder, 'build.log');
  const output = await open(logFile, 'w');
  const exit = await new Promise<number | null>((resolve, reject) => {
    spawn('go', ['build', ...module.flags, '-o', unfinished, what], {
      cwd: module.folder,
      env: goEnvironment,
      stdio: ['ignore', output.fd, output.fd],
    })
      .on('error', reject)
      .on('close', resolve);
  }).finally(() => output.close());
  if (exit === 0) return rename(unfinished, join(folder, binary));

  await rm(unfinished, { force: true });
  const said = (await readFile(logFile, 'utf8')).split('\n').filter((line) => !line.startsWith('go: downloading'));
  throw new ClusterError(`go build ${what} failed:\n${said.slice(-12).join('\n').trimEnd()}`, {
    hint: module.hint,
  });
}

const heartbeat = 2000;

/**
 * One build at a time per folder. The holder touches the lock file, so a lock whose holder was killed goes stale by
 * itself, also across containers that share a cache. Two waiters may in theory both take over a stale lock: then both
 * build, and the renames keep that harmless.
 */
export async function withLock(file: string, log: (text: string) => void, work: () => Promise<void>): Promise<void> {
  for (let waiting = false; ; waiting = true) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
      const touched = await stat(file).then(
        (found) => found.mtimeMs,
        () => 0,
      );
      if (Date.now() - touched > heartbeat * 10) await rm(file, { force: true });
      else if (!waiting) log('another run is building the same binaries: waiting for it\n');
      await delay(heartbeat / 4);
    }
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => {});
  }, heartbeat);
  try {
    await work();
  } finally {
    clearInterval(beat);
    await rm(file, { force: true });
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
