import type { Exchange } from './transport.ts';

/** How often, and how long at most, a server that asks for patience is given it: a doctor that waits a minute is not called. */
const patience = { times: 4, milliseconds: 5_000 };

/**
 * How long to wait, in milliseconds, before a request that was answered is sent again, as 429 and 503 ask for it with Retry-After; undefined
 * where the answer stands: it asks for nothing of the kind, was given patience before, or wants more than there is until the deadline.
 */
export function patienceFor({ status, headers }: Exchange, asked: number, deadline: number): number | undefined {
  if ((status !== 429 && status !== 503) || asked >= patience.times) return undefined;
  const seconds = Number(headers['retry-after'] ?? 1);
  const wanted = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : 1000;
  const wait = Math.min(wanted, patience.milliseconds);
  return Date.now() + wait < deadline ? wait : undefined;
}
