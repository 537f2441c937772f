import { ProbeFailed, type FailureReason } from '../probes/transport.ts';
import { codeOf } from './connection-error.ts';
import type { Exchange } from './transport.ts';

/** Why the API server would not open a stream to a Pod. */
export function refusalOf({ status, body }: Exchange): ProbeFailed {
  const message = messageIn(body) ?? `the server answered ${status}`;
  return new ProbeFailed(reasonFor(status, message), message);
}

function reasonFor(status: number, message: string): FailureReason {
  if (status === 401 || status === 403) return 'forbidden';
  if (status === 404 || /not running|container not found|not found in pod|is terminated/i.test(message)) return 'gone';
  if (status === 405 || status === 426 || /upgrade|websocket|SPDY|subprotocol/i.test(message)) return 'unsupported';
  return 'no-kubelet';
}

/** What broke a stream, or kept it from opening. */
export function failureFrom(error: unknown, signal: AbortSignal): Error {
  if (error instanceof ProbeFailed) return error;
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  // The person's own interruption is theirs to hear of.
  if (signal.aborted && !(signal.reason instanceof ProbeFailed)) return signal.reason as Error;
  if (signal.aborted) return signal.reason as ProbeFailed;
  return new ProbeFailed('cut', `${message}${codeOf(error) === undefined ? '' : ` (${codeOf(error)})`}`, {
    cause: error,
  });
}

/** The message of a Kubernetes Status, or the text itself where a proxy speaks. */
function messageIn(body: string): string | undefined {
  try {
    const { message } = JSON.parse(body) as { readonly message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // Not JSON: the kubelet and the container runtime answer in plain words.
  }
  return body.trim() === '' ? undefined : body.trim().slice(0, 200);
}
