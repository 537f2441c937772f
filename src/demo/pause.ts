/** Waits, unless the signal ends it with its reason. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** The error of work that took longer than it may. */
export class TookTooLong extends Error {
  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds / 1000} s`);
    this.name = 'TookTooLong';
  }
}

/** Gives some work its own deadline; the work sees a signal that ends with it. */
export async function within<T>(
  milliseconds: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const clock = new AbortController();
  // AbortSignal.timeout would not keep the process alive while it waits for an answer that never comes.
  const timer = setTimeout(() => clock.abort(new TookTooLong(milliseconds)), milliseconds);
  try {
    return await work(AbortSignal.any([signal, clock.signal]));
  } finally {
    clearTimeout(timer);
  }
}
