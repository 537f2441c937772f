import { vi } from 'vitest';
import { main } from '../../src/cli/main.ts';

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Runs one command line in this process, as `svcdoctor` would, and catches what it prints. */
export async function svcdoctor(...args: readonly string[]): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const caught = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((chunk: unknown, ...rest: readonly unknown[]) => {
      written[name] += String(chunk);
      const done = rest.find((argument) => typeof argument === 'function') as (() => void) | undefined;
      done?.();
      return true;
    }),
  );
  try {
    const exitCode = await main(args);
    return { ...written, exitCode };
  } finally {
    for (const spy of caught) spy.mockRestore();
  }
}
