import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A command, and the variables that it gets besides those of this process. */
export interface Command {
  readonly words: readonly [string, ...string[]];
  readonly env?: NodeJS.ProcessEnv;
  /** Exit codes that count as done; only 0 unless said otherwise. */
  readonly ends?: readonly number[];
}

/** Of several runs, in milliseconds of wall time. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface Measured {
  readonly wall: Spread;
  /** The most memory that the process held resident in any run, in MB, as Linux counts it; absent elsewhere. */
  readonly peakMegabytes?: number;
}

interface Run {
  readonly milliseconds: number;
  readonly peakMegabytes: number | undefined;
}

/**
 * Runs the commands in turns, so that a slow minute of the machine slows all of them, as often as asked; one turn before that counts for
 * nothing: it fills caches. Throws what a command said if it fails.
 */
export async function inTurns(
  commands: readonly Command[],
  { times, warmUp = true }: { readonly times: number; readonly warmUp?: boolean },
): Promise<readonly Measured[]> {
  if (warmUp) for (const command of commands) await timed(command);
  const runs = commands.map((): Run[] => []);
  for (let turn = 0; turn < times; turn += 1)
    for (const [index, command] of commands.entries()) runs[index]?.push(await timed(command));
  return runs.map(measuredOf);
}

function measuredOf(runs: readonly Run[]): Measured {
  const peaks = runs.flatMap(({ peakMegabytes }) => (peakMegabytes === undefined ? [] : [peakMegabytes]));
  return {
    wall: spreadOf(runs.map(({ milliseconds }) => milliseconds)),
    ...(peaks.length > 0 ? { peakMegabytes: Math.max(...peaks) } : {}),
  };
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (place: number) => sorted[place] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    min: at(0),
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    max: at(sorted.length - 1),
  };
}

/** How often the peak is read. The kernel keeps it, so that only what grows after the last look is missed. */
const peakInterval = 10;

function timed({ words: [file, ...args], env, ends = [0] }: Command): Promise<Run> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
    let peakMegabytes: number | undefined;
    const look = setInterval(() => (peakMegabytes = peakOf(child.pid) ?? peakMegabytes), peakInterval);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error) => {
      clearInterval(look);
      reject(error);
    });
    child.on('close', (code) => {
      clearInterval(look);
      if (code !== null && ends.includes(code)) resolve({ milliseconds: performance.now() - started, peakMegabytes });
      else reject(new Error(`${[file, ...args].join(' ')} ends with ${code}:\n${stderr.slice(-2000)}`));
    });
  });
}

function peakOf(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}
