import { ProbeFailed } from './transport.ts';

/** How much time probes may take. */
export interface Bounds {
  /** One question, from the opening of its connection to its answer, in milliseconds. */
  readonly probe: number;
  /** When all of them must have ended, in milliseconds since the epoch. */
  readonly deadline: number;
}

/** How many connections are open at one time. */
const atOnce = 8;

/** Runs something with a signal that aborts after a while, or with the one given. Whoever waits gets a ProbeFailed for the first. */
export async function within<T>(
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const clock = new AbortController();
  const late = new ProbeFailed('timeout', `no answer within ${milliseconds / 1000} s`);
  const timer = setTimeout(() => clock.abort(late), milliseconds);
  const both = AbortSignal.any([signal, clock.signal]);
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(both.reason);
    both.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work(both), aborted]);
  } finally {
    clearTimeout(timer);
    both.removeEventListener('abort', abort);
  }
}

/** Does all of it, so many at a time; the results in the order of the items. */
export async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
