import { formatRoute, gatewayOf, isStale, namesGateway, refusalOf, routesTo, statusUnder } from '../../k8s/gateway.ts';
import type { Condition, Gateway, GatewayRoute, Namespace, ParentRef } from '../../k8s/objects.ts';
import { nearestName } from '../../k8s/nearest-name.ts';
import { refTo } from '../../k8s/references.ts';
import {
  allOf,
  confirm,
  defineCheck,
  evidence,
  kubectl,
  notApplicable,
  passed,
  problem,
  type Evidence,
} from '../define.ts';

/** Why a route hangs on no listener, told by the objects or else by the controller. */
interface Loose {
  readonly parent: ParentRef;
  readonly index: number;
  readonly reason: string;
  readonly because: string;
  readonly seen: readonly Evidence[];
  readonly sure: boolean;
}

export default defineCheck({
  id: 'routes/route-not-accepted',
  title: 'The Gateway does not accept the route',
  why: 'A route hangs on a listener of a Gateway. The listener decides which kinds, which namespaces and which hostnames it takes; a route that fits none is not accepted, and the Gateway answers 404 as if it did not exist.',
  impact: 'breaks',
  needs: ['target', 'routes', 'gateways'],
  uses: ['namespaces'],
  evaluate({ target, routes, gateways, namespaces }) {
    const own = routesTo(target, routes);
    if (own.length === 0) return notApplicable('no route of the Gateway API names it');
    const judged = own.map((route) => ({ route, ...hangs(route, gateways, namespaces) }));
    const lost = judged.find(({ loose, fast }) => loose.length > 0 && !fast);
    const partly = judged.find(({ loose }) => loose.length > 0);
    const found = lost ?? partly;
    const [first] = found?.loose ?? [];
    if (!found || !first)
      return passed(`${own.map(formatRoute).join(', ')} ${own.length === 1 ? 'hangs' : 'hang'} on a listener`);
    const { route } = found;
    const { name, namespace = '' } = route.metadata;
    return problem({
      certainty: first.sure ? 'certain' : 'likely',
      ...(found.fast ? { impact: 'degrades' as const } : {}),
      summary: `${formatRoute(route)} is not accepted by Gateway ${first.parent.namespace ?? namespace}/${first.parent.name}: ${first.because}`,
      evidence: allOf([
        evidence(route, `spec.parentRefs[${first.index}]`, first.parent),
        ...found.loose.flatMap(({ seen }) => seen),
      ]),
      confirm: [
        confirm(
          kubectl('describe', refTo(route).kind, name, '-n', namespace),
          `Accepted False, Reason: ${first.reason}`,
        ),
      ],
      fix: fixOf(first, route, gateways),
    });
  },
});

/** The parents that do not take a route, and whether some other one does. */
function hangs(
  route: GatewayRoute,
  gateways: readonly Gateway[],
  namespaces: readonly Namespace[] | undefined,
): { readonly loose: readonly Loose[]; readonly fast: boolean } {
  const parents = (route.spec.parentRefs ?? []).map((parent, index) => ({ parent, index }));
  const onGateways = parents.filter(({ parent }) => namesGateway(parent));
  const loose = onGateways.flatMap(({ parent, index }) => looseAt(route, parent, index, gateways, namespaces) ?? []);
  return { loose, fast: loose.length < parents.length };
}

function looseAt(
  route: GatewayRoute,
  parent: ParentRef,
  index: number,
  gateways: readonly Gateway[],
  namespaces: readonly Namespace[] | undefined,
): Loose | undefined {
  const said = statusUnder(route, parent)
    .flatMap(({ conditions = [] }) => conditions)
    .filter(({ type }) => type === 'Accepted');
  const current = said.filter((condition) => !isStale(route, condition));
  // Another controller may refuse what one accepts; and a controller knows better than we do.
  if (current.some(({ status }) => status === 'True') && gatewayOf(route, parent, gateways)) return undefined;
  const refusedBy = current.find(({ status }) => status === 'False');
  const seen = refusedBy ? [evidence(route, 'status.parents', conditionText(refusedBy))] : [];
  const gateway = gatewayOf(route, parent, gateways);
  const home = parent.namespace ?? route.metadata.namespace ?? '';
  if (!gateway) {
    const elsewhere = gateways.find(({ metadata }) => metadata.name === parent.name);
    const others = gateways.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    return {
      parent,
      index,
      reason: 'NoMatchingParent, or no status at all',
      because: `there is no Gateway ${parent.name} in namespace ${home}${elsewhere ? `; it is in ${elsewhere.metadata.namespace}` : ''}`,
      seen: [
        ...seen,
        evidence(route, `spec.parentRefs[${index}].namespace`, parent.namespace ?? `absent, which means ${home}`),
        evidence(
          elsewhere ?? route,
          elsewhere ? 'metadata.namespace' : 'spec.parentRefs',
          `Gateways: ${others.join(', ') || 'none'}`,
        ),
      ],
      sure: true,
    };
  }
  const refusal = refusalOf(route, parent, gateway, namespaces);
  if (refusal) {
    return {
      parent,
      index,
      reason: refusedBy?.reason ?? refusal.reason,
      because: refusal.because,
      seen: [
        ...seen,
        evidence(gateway, refusal.field, refusal.saw),
        ...(refusal.reason === 'NoMatchingListenerHostname'
          ? [evidence(route, 'spec.hostnames', (route.spec.hostnames ?? []).join(', '))]
          : []),
      ],
      sure: true,
    };
  }
  if (!refusedBy) return undefined;
  const { reason = 'no reason', message = '' } = refusedBy;
  return {
    parent,
    index,
    reason,
    because: `${reason}${message ? `: ${message}` : ''}`.slice(0, 140),
    seen,
    sure: false,
  };
}

const conditionText = ({ type, status, reason = '', message = '' }: Condition): string =>
  `${type} ${status}, ${reason}${message ? `: ${message}` : ''}`;

/** Which side to change: the reference where the Gateway or listener is misnamed, else the listener or the route. */
function fixOf({ parent, index, because }: Loose, route: GatewayRoute, gateways: readonly Gateway[]) {
  const at = `/spec/parentRefs/${index}`;
  const gateway = gatewayOf(route, parent, gateways);
  if (!gateway) {
    const elsewhere = gateways.filter(({ metadata }) => metadata.name === parent.name);
    const home = parent.namespace ?? route.metadata.namespace;
    const near = nearestName(
      parent.name,
      gateways.filter(({ metadata }) => metadata.namespace === home).map(({ metadata }) => metadata.name),
    );
    const [only] = elsewhere;
    if (only)
      return {
        explain: `Name the namespace of the Gateway in the parentRef: ${only.metadata.namespace}. Its listener must let in routes from ${route.metadata.namespace}.`,
        patch: {
          object: route,
          type: 'json' as const,
          body: [{ op: 'add', path: `${at}/namespace`, value: only.metadata.namespace }],
        },
      };
    return near
      ? {
          explain: `Name the Gateway that exists in the parentRef: ${near}.`,
          patch: { object: route, type: 'json' as const, body: [{ op: 'replace', path: `${at}/name`, value: near }] },
        }
      : { explain: `Create the Gateway ${parent.name} in ${home}, or name an existing one in the parentRef.` };
  }
  const { name, namespace } = gateway.metadata;
  const listeners = (gateway.spec.listeners ?? []).map((listener) => listener.name);
  const meant = parent.sectionName === undefined ? undefined : nearestName(parent.sectionName, listeners);
  if (meant && meant !== parent.sectionName)
    return {
      explain: `Name a listener of Gateway ${name} in sectionName: ${meant}.`,
      patch: {
        object: route,
        type: 'json' as const,
        body: [{ op: 'replace', path: `${at}/sectionName`, value: meant }],
      },
    };
  return {
    explain: `Let the route and a listener of Gateway ${namespace}/${name} fit (${because}): change parentRefs or hostnames of the route, or allowedRoutes or hostname of the listener.`,
  };
}
