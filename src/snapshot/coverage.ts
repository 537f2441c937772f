import { resourceNamed } from '../k8s/resources.ts';
import type { Answer } from './reader.ts';
import { selectorsOf, type Request } from './requests.ts';
import type { Coverage } from './snapshot.ts';

/** A request, and what came of it. */
export interface Result {
  readonly request: Request;
  readonly answer: Answer;
}

/** One entry for all requests of a resource that ended the same way. */
export function coverageOf(results: readonly Result[]): readonly Coverage[] {
  const groups = Map.groupBy(results, ({ request, answer }) =>
    JSON.stringify([
      request.resource,
      answer.state,
      request.namespace === undefined,
      request.labelSelector,
      request.fieldSelector,
      request.name === undefined ? '' : request.namespace,
      answer.state === 'read' || answer.state === 'notServed' ? '' : answer.detail,
    ]),
  );
  return [...groups.values()].flatMap((alike): readonly Coverage[] => {
    const [first] = alike;
    if (!first) return [];
    const { request, answer } = first;
    const { group, resource } = resourceNamed(request.resource);
    const names = alike.flatMap(({ request: { name } }) => name ?? []);
    return [
      {
        group,
        resource,
        namespaces:
          request.namespace === undefined
            ? 'all'
            : [...new Set(alike.flatMap(({ request: { namespace } }) => namespace ?? []))],
        state: answer.state,
        ...(names.length > 0 ? { names } : {}),
        ...selectorsOf(request),
        ...(answer.state === 'forbidden' || answer.state === 'failed' ? { detail: answer.detail } : {}),
      },
    ];
  });
}
