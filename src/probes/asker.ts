import type { Observation, PodName } from '../snapshot/snapshot.ts';
import { within, type Bounds } from './bounds.ts';
import type { AskedPod } from './plan.ts';
import { ProbeFailed } from './transport.ts';

/** What came out: facts about the cluster, and what kept probes from finding out more. The second never stands for the first. */
export interface Probed {
  readonly observations: readonly Observation[];
  readonly notes: readonly string[];
}

export type Ask = (asked: AskedPod, probe: (signal: AbortSignal) => Promise<readonly Observation[]>) => Promise<Probed>;

/** By what a Pod is reached, as RBAC and people call it. */
export type Means = 'port-forward' | 'exec' | 'debug';

/**
 * Turns what goes wrong with a probe into a note, and spares others the same experience: one refused by RBAC speaks for its namespace, one that found
 * no kubelet for its node, one that the server does not understand for all.
 */
export function asker(means: Means, bounds: Bounds, signal: AbortSignal): Ask {
  const hopeless = new Set<string>();
  return async ({ pod, node }, probe) => {
    const places = ['everywhere', `namespace ${pod.namespace}`, `node ${node}`];
    if (places.some((place) => hopeless.has(place))) return { observations: [], notes: [] };
    const left = bounds.deadline - Date.now();
    if (left <= 0) return { observations: [], notes: [`not all was asked in the time that probes may take`] };
    try {
      // One probe may ask several questions on its connection; each of them has its own time.
      return {
        observations: await within(means === 'debug' ? left : Math.min(left, 3 * bounds.probe), probe, signal),
        notes: [],
      };
    } catch (error) {
      if (!(error instanceof ProbeFailed)) throw error;
      const place = { forbidden: places[1], 'no-kubelet': places[2], unsupported: places[0] }[error.reason as string];
      if (place !== undefined) hopeless.add(place);
      return { observations: [], notes: [noteOf(means, pod, error)] };
    }
  };
}

function noteOf(means: Means, { namespace, name }: PodName, { reason, message }: ProbeFailed): string {
  switch (reason) {
    case 'forbidden':
      return `${means} in namespace ${namespace} is not allowed: ${message}`;
    case 'no-kubelet':
      return `the API server does not reach the node of ${namespace}/${name}: ${message}`;
    case 'unsupported':
      return `the API server offers no ${means} over WebSocket: ${message}`;
    case 'gone':
    case 'timeout':
    case 'cut':
    case 'no-program':
      return `${means} to ${namespace}/${name}: ${message}`;
  }
}
