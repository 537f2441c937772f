import { AsyncLocalStorage } from 'node:async_hooks';
import { main } from '../../src/cli/main.ts';
import type { Ran } from './command.ts';

interface Written {
  stdout: string;
  stderr: string;
}

/** Runs command lines in this process, several at once, each hearing only what it prints itself. Until it is disposed of. */
export function commandsAtOnce(): Disposable & { run(...args: readonly string[]): Promise<Ran> } {
  const context = new AsyncLocalStorage<Written>();
  const names = ['stdout', 'stderr'] as const;
  const originals = names.map((name) => process[name].write.bind(process[name]));
  for (const [index, name] of names.entries()) {
    process[name].setMaxListeners(0);
    process[name].write = (chunk: Uint8Array | string, ...rest: readonly unknown[]): boolean => {
      const written = context.getStore();
      const done = rest.find((argument): argument is () => void => typeof argument === 'function');
      if (!written) return originals[index]?.(chunk, done) ?? true;
      written[name] += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
      done?.();
      return true;
    };
  }
  process.setMaxListeners(0);
  return {
    run(...args) {
      const written: Written = { stdout: '', stderr: '' };
      return context.run(written, async () => {
        const exitCode = await main(args);
        return { ...written, exitCode };
      });
    },
    [Symbol.dispose]: () => {
      for (const [index, name] of names.entries()) {
        const original = originals[index];
        if (original) process[name].write = original;
      }
    },
  };
}
