import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ClusterError } from '../cluster/cluster-error.ts';
import { searchPath } from '../cluster/processes.ts';

/** Debian's packages by name, each with the question whether what we need of it is there. */
export type Packages = Readonly<Record<string, () => Promise<boolean>>>;

export async function onPath(...programs: readonly string[]): Promise<boolean> {
  const folders = searchPath().split(delimiter);
  return programs.every((program) => folders.some((folder) => existsSync(join(folder, program))));
}

/** Why nobody can install what is missing here, for a person; `undefined` where nothing is missing, or it can be installed. */
export async function installObstacle(packages: Packages): Promise<string | undefined> {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return undefined;
  if (process.platform !== 'linux') return `${missing.join(', ')} is not there`;
  if (process.getuid?.() !== 0) return `without root nobody installs ${missing.join(', ')}`;
  return (await onPath('apt-get')) ? undefined : `without apt-get nobody installs ${missing.join(', ')}`;
}

/** Installs the packages that are missing, with apt-get, and starts none of the services that some of them bring. */
export async function ensurePackages(packages: Packages, log: (text: string) => void): Promise<void> {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  log(`installing ${missing.join(', ')} with apt-get\n`);
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...missing] as const;
  await withoutServices(async () => {
    if (await runs(...install)) return;
    await runs('apt-get', 'update');
    await runs(...install);
  });
  const left = await missingPackages(packages);
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

async function missingPackages(packages: Packages): Promise<string[]> {
  const there = await Promise.all(Object.values(packages).map((question) => question()));
  return Object.keys(packages).filter((_, index) => !there[index]);
}

export function runs(file: string, ...args: readonly string[]): Promise<boolean> {
  const env = { ...process.env, PATH: searchPath(), DEBIAN_FRONTEND: 'noninteractive' };
  return promisify(execFile)(file, args, { env, maxBuffer: 64 << 20 }).then(
    () => true,
    () => false,
  );
}
