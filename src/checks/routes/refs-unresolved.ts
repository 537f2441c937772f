import { formatRoute, isStale, namesakeBackendsOf, routesTo } from '../../k8s/gateway.ts';
import type { Condition, GatewayRoute } from '../../k8s/objects.ts';
import { refTo } from '../../k8s/references.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/refs-unresolved',
  title: 'The Gateway cannot resolve a reference of the route',
  why: 'The condition ResolvedRefs says whether everything that a route names was found, is allowed, and is something the controller can send to. Requests that fall to an unresolved reference are answered with 500.',
  impact: 'breaks',
  needs: ['target', 'routes'],
  evaluate({ target, routes }) {
    const invalid = namesakeBackendsOf(target, routes).filter(({ route }) =>
      conditionsOf(route).some(
        ({ type, status, reason }) => type === 'ResolvedRefs' && status === 'False' && reason === 'InvalidKind',
      ),
    );
    const own = [...routesTo(target, routes), ...invalid.map(({ route }) => route)];
    if (own.length === 0) return notApplicable('no route of the Gateway API names it');
    const failing = own.flatMap((route) =>
      (route.status?.parents ?? []).flatMap(({ conditions = [], controllerName = '' }) =>
        conditions
          .filter((condition) => condition.type === 'ResolvedRefs' && condition.status === 'False')
          .map((condition) => ({ route, condition, controllerName, stale: isStale(route, condition) })),
      ),
    );
    const [first] = failing;
    if (!first) return passed('every reference of its routes is resolved');
    const { route, condition, stale } = first;
    const { reason = 'no reason', message = '' } = condition;
    const [misplaced] = invalid;
    // A route may also name other Services, and the condition does not say which one it means.
    const alone =
      new Set((route.spec.rules ?? []).flatMap((rule) => (rule.backendRefs ?? []).map(({ name }) => name))).size === 1;
    return problem({
      certainty: stale ? 'possible' : alone || message.includes(target.name) ? 'likely' : 'possible',
      ...(stale || !(alone || message.includes(target.name)) ? { impact: 'risks' as const } : {}),
      summary: `${formatRoute(route)} says ResolvedRefs False, ${reason}${misplaced ? ` (its backendRef is a ${misplaced.ref.kind ?? 'Service'} of group "${misplaced.ref.group ?? ''}")` : ''}${message ? `: ${message.slice(0, 120)}` : ''}`,
      evidence: allOf([
        ...failing.map((each) =>
          evidence(
            each.route,
            'status.parents',
            `ResolvedRefs False, ${each.condition.reason ?? ''}: ${each.condition.message ?? ''} (${each.controllerName}${each.stale ? ', about an older generation of the route' : ''})`,
          ),
        ),
        ...invalid.map(({ route: from, field, ref: { group = '', kind = 'Service', name } }) =>
          evidence(from, field, `group "${group}", kind ${kind}, name ${name}`),
        ),
      ]),
      confirm: [
        confirm(
          kubectl('describe', refTo(route).kind, route.metadata.name, '-n', route.metadata.namespace ?? ''),
          `ResolvedRefs False, Reason: ${reason}`,
        ),
      ],
      fix: { explain: `${remedies[reason] ?? 'Mend what the message names; the controller looks again by itself'}.` },
    });
  },
});

const conditionsOf = ({ status }: GatewayRoute): readonly Condition[] =>
  (status?.parents ?? []).flatMap(({ conditions = [] }) => conditions);

const remedies: Readonly<Record<string, string>> = {
  BackendNotFound: 'Create the Service that the backendRef names, or name one that exists',
  RefNotPermitted: 'Create a ReferenceGrant in the namespace of the Service',
  InvalidKind: 'Let the backendRef name a Service of the core group: group "" and kind Service',
  UnsupportedProtocol:
    'Give the port of the Service an appProtocol that the controller supports for this kind of route, such as kubernetes.io/h2c for gRPC',
};
