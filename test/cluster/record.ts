import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterError } from './cluster-error.ts';
import type { Component } from './processes.ts';

/** A running cluster, as plain JSON: it is what the record in its folder says and what tests are handed. */
export interface ControlPlane {
  readonly state: string;
  readonly binaries: string;
  readonly server: string;
  /** Contexts `admin` (current, may do everything) and `viewer` (may do nothing until something is bound to it). */
  readonly kubeconfig: string;
  /** Where etcd listens, without TLS; absent where it lies in namespaces of its own. */
  readonly etcd?: string;
  /** A real Node is behind it, in namespaces of its own. Absent: Nodes and kubelets are played by the tests. */
  readonly node?: RealNode;
}

interface RealNode {
  readonly name: string;
  /** Process 1 of the namespaces, as the machine sees it. */
  readonly init: number;
}

/** Lies in the state folder from the first moment on, so that `stop` finds what a start that died left behind. */
interface ClusterRecord {
  readonly what: 'svcdoctor test cluster';
  /** The process that wants the cluster; for a test run its death makes the cluster an orphan. */
  readonly owner: number;
  readonly starting: boolean;
  readonly controlPlane: ControlPlane;
  readonly components: readonly Component[];
}

/** The one cluster of its kind that `npm run cluster` manages unless told otherwise. */
export function defaultState(kind: 'cluster' | 'node' = 'cluster'): string {
  const home = process.env['XDG_STATE_HOME'];
  return home ? join(home, 'svcdoctor', kind) : join(tmpdir(), `svcdoctor-${kind}-${process.getuid?.() ?? 'user'}`);
}

const recordFile = 'svcdoctor-cluster.json';

/** Makes the folder, or takes an empty one; never one that holds somebody's files, for `stop` removes it whole. */
export async function prepare(state: string): Promise<void> {
  if (state.length > 80) {
    throw new ClusterError(`the state folder's path is too long for a unix socket in it: ${state}`, {
      hint: 'Name a shorter one with --state.',
    });
  }
  await mkdir(state, { recursive: true, mode: 0o700 });
  const { uid } = await lstat(state);
  if (process.getuid && uid !== process.getuid()) {
    throw new ClusterError(`${state} belongs to another user`, { hint: 'Name another folder with --state.' });
  }
  if ((await readdir(state)).length > 0) {
    throw new ClusterError(`${state} is not empty and holds no cluster of ours`, {
      hint: 'Name an empty or new folder with --state.',
    });
  }
}

export async function writeRecord(record: Omit<ClusterRecord, 'what'>): Promise<void> {
  const path = join(record.controlPlane.state, recordFile);
  const whole: ClusterRecord = { what: 'svcdoctor test cluster', ...record };
  const unfinished = `${path}.${randomBytes(4).toString('hex')}`;
  await secretFile(unfinished, `${JSON.stringify(whole, null, 2)}\n`);
  await rename(unfinished, path);
}

/** Also the guard of `stop`: a folder without our record is not ours to remove. */
export async function readRecord(state: string): Promise<ClusterRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(join(state, recordFile), 'utf8')) as ClusterRecord;
    return record.what === 'svcdoctor test cluster' ? record : undefined;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new ClusterError(`cannot read ${join(state, recordFile)}`, { cause });
  }
}

export function secretFile(path: string, content: string): Promise<void> {
  return writeFile(path, content, { mode: 0o600 });
}
