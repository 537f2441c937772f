import { callbacksOf } from '../../k8s/api-callbacks.ts';
import { pointerTo } from '../../k8s/field-paths.ts';
import { nearestName } from '../../k8s/nearest-name.ts';
import { refTo, refArgs } from '../../k8s/references.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/api-server-names-no-service',
  title: 'The API server is told to call a Service that does not exist',
  why: 'A webhook outlives what it belongs to: when its Service is gone or was renamed, the API server refuses every request that the webhook was to judge, with “service not found”. An aggregated API is simply unavailable.',
  impact: 'breaks',
  explains: ['name/no-such-service'],
  needs: ['target', 'services'],
  uses: ['apiCallbacks'],
  evaluate({ target, services, apiCallbacks = [] }) {
    const names = services.map(({ metadata }) => metadata.name);
    const exists = names.includes(target.name);
    const calls = apiCallbacks.flatMap(callbacksOf).filter(({ namespace }) => namespace === target.namespace);
    const called = calls.some(({ name }) => name === target.name);
    const lost = calls.filter(({ name }) =>
      exists ? !called && !names.includes(name) && nearestName(name, names) === target.name : name === target.name,
    );
    const [first] = lost.toSorted((a, b) => Number(b.blocks) - Number(a.blocks));
    if (!first)
      return called
        ? passed('the Service that the API server calls exists')
        : notApplicable('no webhook and no aggregated API is known to call it');
    const right = exists ? target.name : nearestName(first.name, names);
    const ref = refTo(first.object);
    return problem({
      certainty: 'certain',
      ...(first.blocks ? {} : { impact: 'degrades' as const }),
      summary: `${first.object.kind} ${first.object.metadata.name} (${first.what}) calls Service ${first.name}, which does not exist in ${first.namespace}${right ? `; ${right} does` : ''}`,
      evidence: allOf([
        ...lost
          .slice(0, 4)
          .map((each) => evidence(each.object, `${each.field}.name`, `${each.namespace}/${each.name}`)),
        ...services
          .filter(({ metadata }) => metadata.name === right)
          .map((service) => evidence(service, 'metadata.name', right)),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', first.name, '-n', first.namespace),
          `Error from server (NotFound): services "${first.name}" not found`,
        ),
      ],
      fix: right
        ? {
            explain: `Let the ${first.what} call ${right}.`,
            patch: {
              object: first.object,
              type: 'json',
              body: lost
                .filter(({ object }) => object === first.object)
                .map(({ field }) => ({ op: 'replace', path: `${pointerTo(field)}/name`, value: right })),
            },
          }
        : {
            explain: `Bring the Service ${first.name} back, or delete ${first.object.kind} ${first.object.metadata.name} where what it belongs to is gone.`,
            commands: [kubectl('get', ...refArgs(ref), '-o', 'yaml')],
          },
    });
  },
});
