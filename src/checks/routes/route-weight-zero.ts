import { pointerTo } from '../../k8s/field-paths.ts';
import { formatRoute, routeBackendsTo } from '../../k8s/gateway.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';
import { refTo } from '../../k8s/references.ts';

export default defineCheck({
  id: 'routes/route-weight-zero',
  title: 'The route gives the Service no weight',
  why: 'A backendRef with weight 0 gets no request. Beside others that is how a rollout begins or ends; where all of a rule have weight 0, the Gateway answers 500.',
  impact: 'breaks',
  needs: ['service', 'routes'],
  evaluate({ service, routes }) {
    const backends = routeBackendsTo(service.metadata, routes);
    if (backends.length === 0) return notApplicable('no route of the Gateway API names it');
    const { name } = service.metadata;
    const weightless = backends.filter(({ ref }) => ref.weight === 0);
    const all = weightless.filter(({ route, field }) => {
      const rule = route.spec.rules?.[Number(/rules\[(\d+)\]/.exec(field)?.[1])];
      return (rule?.backendRefs ?? []).every(({ weight }) => weight === 0);
    });
    const [first] = all;
    if (!first)
      return passed(
        weightless.length === 0
          ? 'every route to it gives it weight'
          : 'its weight of 0 stands beside others that have some',
      );
    const { route } = first;
    return problem({
      certainty: 'certain',
      impact: all.length === backends.length ? 'breaks' : 'degrades',
      summary: `${formatRoute(route)} sends nothing to ${name}: every backend of the rule has weight 0`,
      evidence: allOf(all.map((each) => evidence(each.route, `${each.field}.weight`, 0))),
      confirm: [
        confirm(
          kubectl('get', refTo(route).kind, route.metadata.name, '-n', route.metadata.namespace ?? '', '-o', 'yaml'),
          'weight: 0',
        ),
      ],
      fix: {
        explain: `Give ${name} a weight above 0.`,
        patch: {
          object: route,
          type: 'json',
          body: all
            .filter((each) => each.route === route)
            .map((each) => ({ op: 'replace', path: `${pointerTo(each.field)}/weight`, value: 1 })),
        },
      },
    });
  },
});
