import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ClusterError } from './cluster-error.ts';

/** A process of the cluster: the binary's name and what the system calls it. */
export interface Component {
  readonly name: string;
  readonly pid: number;
  /** The process that has entered namespaces to start it, stays outside and waits for its end. */
  readonly entrance?: number;
}

/**
 * Runs a command in a session of its own: a Ctrl-C in the terminal that started it must not reach it. What it says goes
 * to a log in the state folder that is named after it. `enter` is a command that runs the rest of its line elsewhere.
 */
export function launch(
  path: string,
  flags: readonly string[],
  state: string,
  enter: readonly string[] = [],
): ChildProcess {
  const [file = path, ...args] = [...enter, path, ...flags];
  const log = openSync(join(state, `${basename(path)}.log`), 'a');
  try {
    const child = spawn(file, args, {
      cwd: state,
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: searchPath(), HOME: state },
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** Where Debian has iptables and runc is on root's path alone. */
export function searchPath(): string {
  return [process.env['PATH'], '/usr/sbin', '/sbin'].filter(Boolean).join(delimiter);
}

/** The one process that a process of ours has started, which is what `unshare --fork` and `nsenter --pid` do. */
export async function onlyChildOf(pid: number): Promise<number | undefined> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await delay(5)) {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => undefined);
    if (children === undefined) return undefined;
    // Until it has become the wanted command, the child is a copy of its parent.
    const [child] = children.trim().split(' ').filter(Boolean).map(Number);
    if (child !== undefined && (await commandLine(child)) !== (await commandLine(pid))) return child;
  }
  return undefined;
}

/** Rejects, with the last words from its log, if a component ends while it is still wanted. */
export function death(name: string, child: ChildProcess, state: string): Promise<never> {
  const died = new Promise<never>((_, reject) => {
    child.once('error', (cause) => reject(new ClusterError(`${name} does not start: ${cause.message}`, { cause })));
    child.once('exit', (code, signal) => {
      readFile(join(state, `${name}.log`), 'utf8').then(
        (log) => reject(new ClusterError(`${name} ended (${signal ?? code}) while starting:\n${lastLines(log, 5)}`)),
        () => reject(new ClusterError(`${name} ended (${signal ?? code}) while starting`)),
      );
    });
  });
  // Of several deaths one is reported; the others must not count as unhandled.
  died.catch(() => {});
  return died;
}

/** Process ids are reused: ours is the one whose command is that binary and whose flags name this folder. */
export async function isOurs({ name, pid }: Component, state: string): Promise<boolean> {
  const command = await commandLine(pid);
  return command !== undefined && command.includes(`/${name}`) && command.includes(`${state}/`);
}

/** `undefined` for a process that is not there, or is there only until its parent has taken note of its end. */
export async function commandLine(pid: number): Promise<string | undefined> {
  try {
    const command =
      process.platform === 'linux'
        ? await readFile(`/proc/${pid}/cmdline`, 'utf8')
        : (await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)])).stdout.trim();
    return command === '' ? undefined : command;
  } catch {
    return undefined;
  }
}

export async function residentMegabytes(pid: number): Promise<number> {
  try {
    const kilobytes =
      process.platform === 'linux'
        ? /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
        : (await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)])).stdout.trim();
    return Math.round(Number(kilobytes) / 1024);
  } catch {
    return 0;
  }
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in between.
  }
}

/**
 * Lets a process go on that was stopped. An entrance stops together with what it has started: unless it goes on too,
 * it never takes note of the end, and process 1 of the namespaces cannot end before that.
 */
export function resume({ pid, entrance }: Component): void {
  for (const stopped of entrance === undefined ? [pid] : [entrance, pid]) {
    try {
      process.kill(stopped, 'SIGCONT');
    } catch {
      // It has ended.
    }
  }
}

export async function gone(pid: number): Promise<void> {
  for (const deadline = Date.now() + 5000; (await commandLine(pid)) !== undefined && Date.now() < deadline;)
    await delay(10);
}

/** Gone to the last trace: for process 1 of a namespace that is the moment when everything in it has ended. */
export async function reaped(pid: number): Promise<boolean> {
  for (const deadline = Date.now() + 20_000; existsSync(`/proc/${pid}`); await delay(10)) {
    if (Date.now() > deadline) return false;
  }
  return true;
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
