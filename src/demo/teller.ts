/** Hears how it goes, a line at a time. Whoever listens decides how it looks. */
export interface Teller {
  /** A step is done, or holds. */
  done(text: string): void;
  /** A step failed. */
  failed(text: string): void;
  /** Nobody could look. */
  unknown(text: string): void;
  /** What is waited for, as it is now; said again whenever it changes. */
  waiting(text: string): void;
}
