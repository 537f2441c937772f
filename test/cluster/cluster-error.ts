/** A failure that is not a bug of these tools: one line about what happened and one about what to do. */
export class ClusterError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'ClusterError';
    this.hint = options.hint;
  }
}

/** The two lines a person should read instead of a stack trace; `undefined` for what is a bug and deserves its stack. */
export function explain(error: unknown): string | undefined {
  if (!(error instanceof ClusterError)) return undefined;
  return error.hint === undefined ? error.message : `${error.message}\n  ${error.hint}`;
}
