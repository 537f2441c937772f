/** What comes in by itself, read by one reader at its own pace. */
export interface Inbox<T> extends AsyncIterable<T> {
  put(item: T): void;
  /** Nothing more will come; with an error, the reader throws it once it has read what came before. The first end counts. */
  end(error?: Error): void;
}

export function inbox<T>(): Inbox<T> {
  const items: T[] = [];
  let ended: { readonly error: Error | undefined } | undefined;
  let changed = Promise.withResolvers<void>();
  return {
    put(item) {
      if (!ended) items.push(item);
      changed.resolve();
    },
    end(error) {
      ended ??= { error };
      changed.resolve();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const next = items.shift();
        if (next !== undefined) yield next;
        else if (ended?.error) throw ended.error;
        else if (ended) return;
        else {
          await changed.promise;
          changed = Promise.withResolvers();
        }
      }
    },
  };
}
