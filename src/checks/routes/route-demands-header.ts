import { formatRoute, routeBackendsTo } from '../../k8s/gateway.ts';
import type { GatewayRoute } from '../../k8s/objects.ts';
import { refArgs, refTo } from '../../k8s/references.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

type Rule = NonNullable<GatewayRoute['spec']['rules']>[number];

export default defineCheck({
  id: 'routes/route-demands-header',
  title: 'The route takes only requests with a certain header or query',
  why: 'A rule of a route matches what one of its matches describes in full: path, headers and query parameters together. A request that no rule of its host matches is answered with 404 by the Gateway, though everything behind is in order.',
  impact: 'risks',
  needs: ['target', 'routes'],
  evaluate({ target, routes }) {
    const own = routeBackendsTo(target, routes).filter(({ route }) => route.kind === 'HTTPRoute');
    if (own.length === 0) return notApplicable('no HTTPRoute names it');
    const ruled = own.flatMap(({ route, field }) => {
      const index = Number(/rules\[(\d+)\]/.exec(field)?.[1]);
      const rule = route.spec.rules?.[index];
      return rule ? [{ route, rule, field: `spec.rules[${index}].matches` }] : [];
    });
    const [first] = ruled;
    if (!first || ruled.some(({ rule }) => takesPlain(rule))) return passed('its routes take plain requests');
    // A canary or a trial: another rule takes the rest of the host's requests.
    const beside = routes.some(
      (other) =>
        ruled.some(({ route }) => sharesHost(route, other)) &&
        (other.spec.rules ?? []).some((rule) => takesPlain(rule)),
    );
    if (beside) return passed('other rules of the host take plain requests');
    const { route } = first;
    const wanted = [...new Set(ruled.flatMap(({ rule }) => demandsOf(rule)))].join(' or ');
    return problem({
      certainty: 'possible',
      summary: `${formatRoute(route)} sends requests to ${target.name} only with ${wanted}: all others to ${(route.spec.hostnames ?? []).join(', ') || 'its host'} are answered with 404`,
      evidence: allOf(ruled.map(({ route: each, rule, field }) => evidence(each, field, demandsOf(rule).join(' or ')))),
      confirm: [
        confirm(
          kubectl('get', ...refArgs(refTo(route)), '-o', 'jsonpath={.spec.rules[*].matches}'),
          `${wanted} in every match`,
        ),
      ],
      fix: { explain: `Add a rule without that demand to the route, unless it is meant as a lock.` },
    });
  },
});

/** Source: sigs.k8s.io/gateway-api apis/v1/httproute_types.go, HTTPRouteRule.matches: without any, every path matches. */
const takesPlain = ({ matches = [] }: Rule): boolean =>
  matches.length === 0 ||
  matches.some(({ headers = [], queryParams = [] }) => headers.length + queryParams.length === 0);

const demandsOf = ({ matches = [] }: Rule): readonly string[] =>
  matches.map(({ headers = [], queryParams = [] }) =>
    [...headers.map(({ name }) => `header ${name}`), ...queryParams.map(({ name }) => `query ${name}`)].join(' and '),
  );

const sharesHost = (one: GatewayRoute, other: GatewayRoute): boolean => {
  const [own, theirs] = [one.spec.hostnames ?? [], other.spec.hostnames ?? []];
  return (
    own.length === 0 ||
    theirs.length === 0 ||
    own.some(
      (host) => theirs.includes(host) || theirs.some((wild) => wild.startsWith('*.') && host.endsWith(wild.slice(1))),
    )
  );
};
