import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ClusterError } from '../cluster-error.ts';
import { searchPath } from '../processes.ts';
import { postgresVersions } from './images.ts';

/** Debian's packages that a node is made of, each with the question whether what we need of it is there. */
const packages: { readonly [name: string]: () => Promise<boolean> } = {
  containerd: () => onPath('containerd', 'ctr'),
  runc: () => onPath('runc'),
  'containernetworking-plugins': async () => existsSync('/usr/lib/cni/ptp'),
  iproute2: () => onPath('ip'),
  iptables: () => onPath('iptables'),
  nftables: () => onPath('nft'),
  'busybox-static': () => onPath('busybox'),
  postgresql: async () => (await postgresVersions()).length > 0,
};

async function onPath(...programs: readonly string[]): Promise<boolean> {
  const folders = searchPath().split(delimiter);
  return programs.every((program) => folders.some((folder) => existsSync(join(folder, program))));
}

/** Why this machine cannot run a node, for a person; `undefined` if it can, perhaps after installing packages. */
export async function nodeObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root';
  const unshare = await runs('unshare', '--net', '--mount', '--pid', '--fork', 'mount', '--make-rprivate', '/');
  if (!unshare) return 'this root may not make namespaces and mounts of its own';
  const missing = await missingPackages();
  if (missing.length > 0 && !(await onPath('apt-get'))) return `without apt-get nobody installs ${missing.join(', ')}`;
  return undefined;
}

/** Installs the packages that are missing, with apt-get, and starts none of the services that some of them bring. */
export async function ensurePackages(log: (text: string) => void): Promise<void> {
  const missing = await missingPackages();
  if (missing.length === 0) return;
  log(`installing ${missing.join(', ')} with apt-get\n`);
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...missing] as const;
  await withoutServices(async () => {
    if (await runs(...install)) return;
    await runs('apt-get', 'update');
    await runs(...install);
  });
  const left = await missingPackages();
  if (left.length > 0) {
    throw new ClusterError(`apt-get does not install ${left.join(', ')}`, {
      hint: `See what it says: ${install.join(' ')}`,
    });
  }
}

/** Debian asks this file whether a package may start its service; exit code 101 means no. Somebody's own one stays. */
async function withoutServices(work: () => Promise<void>): Promise<void> {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' }).then(
    () => true,
    () => false,
  );
  try {
    await work();
  } finally {
    if (ours) await rm(policy, { force: true });
  }
}

async function missingPackages(): Promise<string[]> {
  const there = await Promise.all(Object.values(packages).map((question) => question()));
  return Object.keys(packages).filter((_, index) => !there[index]);
}

function runs(file: string, ...args: readonly string[]): Promise<boolean> {
  const env = { ...process.env, PATH: searchPath(), DEBIAN_FRONTEND: 'noninteractive' };
  return promisify(execFile)(file, args, { env, maxBuffer: 64 << 20 }).then(
    () => true,
    () => false,
  );
}
