import type { KubeObject } from '../k8s/objects.ts';
import type { Result } from './coverage.ts';
import { keyOf, type Request } from './requests.ts';

/** The requests of one round, and what has come of them yet. */
export interface UnderWay {
  readonly objects: number;
  page(request: Request, objects: readonly KubeObject[]): void;
  done(result: Result): void;
  /** What can be relied on: all that came, and of the Pods of all namespaces those that the pages have gone past. Undefined while more is missing. */
  reliable(): readonly Result[] | undefined;
}

export function underWay(requests: readonly Request[]): UnderWay {
  const waiting = new Map(requests.map((request) => [keyOf(request), request]));
  const pages = new Map<string, readonly KubeObject[]>();
  const results: Result[] = [];
  // Counted as it comes: hundreds of namespaces are thousands of requests, and each page tells how many objects there are by now.
  let count = 0;
  const keep = (request: Request, objects: readonly KubeObject[]): void => {
    count += objects.length - (pages.get(keyOf(request))?.length ?? 0);
    pages.set(keyOf(request), objects);
  };
  return {
    get objects() {
      return count;
    },
    page: keep,
    done(result) {
      waiting.delete(keyOf(result.request));
      results.push(result);
      if (result.answer.state === 'read') keep(result.request, result.answer.objects);
    },
    reliable() {
      if (waiting.size !== 1 || !waiting.has(allPods)) return undefined;
      return [...results, ...completeIn(pages.get(allPods) ?? [])];
    },
  };
}

const allPods = keyOf({ resource: 'pods', namespace: undefined });

/** A list comes in the order of its keys, one namespace after another: all but the last that was begun are there whole. */
function completeIn(pods: readonly KubeObject[]): readonly Result[] {
  const byNamespace = Map.groupBy(pods, ({ metadata }) => metadata.namespace ?? '');
  byNamespace.delete(pods.at(-1)?.metadata.namespace ?? '');
  return [...byNamespace].map(([namespace, objects]) => ({
    request: { resource: 'pods', namespace },
    answer: { state: 'read', objects },
  }));
}
