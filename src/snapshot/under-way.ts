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
  return {
    get objects() {
      return [...pages.values()].reduce((sum, { length }) => sum + length, 0);
    },
    page: (request, objects) => void pages.set(keyOf(request), objects),
    done(result) {
      waiting.delete(keyOf(result.request));
      results.push(result);
      if (result.answer.state === 'read') pages.set(keyOf(result.request), result.answer.objects);
    },
    reliable() {
      const [missing, ...others] = waiting.values();
      if (!missing || others.length > 0 || keyOf(missing) !== allPods) return undefined;
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
