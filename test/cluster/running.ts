import type { ChildProcess } from 'node:child_process';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { ClusterError } from './cluster-error.ts';
import {
  type Component,
  commandLine,
  death,
  gone,
  isOurs,
  kill,
  launch,
  onlyChildOf,
  reaped,
  residentMegabytes,
  resume,
} from './processes.ts';
import { type ControlPlane, readRecord, writeRecord } from './record.ts';

/** The processes of a cluster while it starts. Each is in the record before anybody could lose sight of it. */
export interface Crew {
  /** Starts a command; its name, and that of its log, is the last part of its path. */
  run(path: string, flags: readonly string[], enter?: readonly string[]): Promise<Component>;
  /** Takes in a process that somebody else has started, who says how it is entered. */
  take(name: string, child: ChildProcess, entered: boolean): Promise<Component>;
  /** What is waited for, or the end of the process that ended first. */
  untilAlive<T>(wait: Promise<T>): Promise<T>;
  /** What the record says from now on. */
  report(change: { controlPlane?: ControlPlane; starting?: boolean }): Promise<void>;
}

export async function crewOf(controlPlane: ControlPlane): Promise<Crew> {
  const { state } = controlPlane;
  const components: Component[] = [];
  const deaths: Promise<never>[] = [];
  const said = { owner: process.pid, starting: true, controlPlane, components };
  await writeRecord(said);

  // Several are started at a time: one record after the other, or an older one might be the last.
  let written: Promise<void> = Promise.resolve();
  const write = (): Promise<void> => (written = written.then(() => writeRecord(said)));

  const take: Crew['take'] = async (name, child, entered) => {
    deaths.push(death(name, child, state));
    const pid = entered && child.pid !== undefined ? await onlyChildOf(child.pid) : child.pid;
    if (pid === undefined) throw await Promise.race(deaths).catch((cause: unknown) => cause);
    const component = { name, pid, ...(entered && child.pid !== undefined && { entrance: child.pid }) };
    components.push(component);
    await write();
    return component;
  };
  return {
    take,
    run: (path, flags, enter = []) => take(basename(path), launch(path, flags, state, enter), enter.length > 0),
    untilAlive: (wait) => Promise.race([wait, ...deaths]),
    report: (change) => {
      Object.assign(said, change);
      return write();
    },
  };
}

interface ComponentStatus extends Component {
  readonly running: boolean;
  readonly residentMegabytes: number;
}

interface Inspection {
  readonly controlPlane: ControlPlane;
  /** The process that wanted the cluster still lives, as it does while it starts it and all through a test run. */
  readonly owned: boolean;
  /** Whoever starts it is still at it. */
  readonly starting: boolean;
  /** It has started, and every component still lives. */
  readonly running: boolean;
  readonly components: readonly ComponentStatus[];
}

/** What the record in a state folder says and which of its processes live; `undefined` where there is no cluster. */
export async function inspectCluster(folder: string): Promise<Inspection | undefined> {
  const state = resolve(folder);
  const record = await readRecord(state);
  if (!record) return undefined;
  const components = await Promise.all(
    record.components.map(async (component) => {
      const running = await isOurs(component, state);
      return { ...component, running, residentMegabytes: running ? await residentMegabytes(component.pid) : 0 };
    }),
  );
  const owned = (await commandLine(record.owner)) !== undefined;
  return {
    controlPlane: record.controlPlane,
    owned,
    starting: record.starting && owned,
    running: !record.starting && components.every(({ running }) => running),
    components,
  };
}

/** Ends what the record names, if it still is what the record names, and removes the folder. False: there was none. */
export async function stopCluster(folder: string): Promise<boolean> {
  const state = resolve(folder);
  const record = await readRecord(state);
  if (!record) return false;
  // In reverse, so that no component spends its last moments complaining about another. Nothing here is worth a
  // graceful end: the data goes with the folder.
  const mine = await Promise.all(record.components.toReversed().map(async (c) => ((await isOurs(c, state)) ? c : [])));
  for (const { pid } of mine.flat()) kill(pid);
  for (const { name, entrance } of record.components) {
    if (entrance !== undefined && (await isOurs({ name, pid: entrance }, state))) resume({ name, pid: entrance });
  }
  for (const { pid } of mine.flat()) await gone(pid);
  if (record.controlPlane.node) {
    // With process 1 went every process, mount and interface of the namespaces; control groups have no namespace here.
    const { init } = record.controlPlane.node;
    const ended = await reaped(init);
    await removeControlGroups();
    if (!ended) throw new ClusterError(`process ${init} does not end: something in its namespaces still lives`);
  }
  await rm(state, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  return true;
}

/** Takes down clusters in the temporary folder, named with this prefix, whose owner died before it could. */
export async function stopOrphans(prefix: string): Promise<void> {
  const found = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  for (const name of found) {
    const state = join(tmpdir(), name);
    const record = await readRecord(state).catch(() => undefined);
    if (record && (await commandLine(record.owner)) === undefined) await stopCluster(state);
  }
}

/** The name of the one control group that everything in Pods is in. */
export const controlGroup = 'svcdoctor-node';

/** The controllers' hierarchies of version 1, or the one of version 2. */
export async function controlGroupRoots(): Promise<string[]> {
  const root = '/sys/fs/cgroup';
  const names = await readdir(root);
  return names.includes('cgroup.controllers') ? [root] : names.map((name) => join(root, name));
}

async function removeControlGroups(): Promise<void> {
  const remove = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) if (entry.isDirectory()) await remove(join(folder, entry.name));
    await rmdir(folder).catch(() => {});
  };
  for (const root of await controlGroupRoots()) await remove(join(root, controlGroup));
}
