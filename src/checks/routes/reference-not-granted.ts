import { formatRoute, gatewayGroup, grantCovers, routeBackendsTo, statusUnder } from '../../k8s/gateway.ts';
import type { GatewayRoute, ReferenceGrant, Service } from '../../k8s/objects.ts';
import { refTo } from '../../k8s/references.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/reference-not-granted',
  title: 'No ReferenceGrant allows the route to name the Service',
  why: 'A route may name a Service of another namespace only where a ReferenceGrant in the namespace of the Service allows its kind and its namespace. Without one the Gateway answers 500, and the route says RefNotPermitted.',
  impact: 'breaks',
  explains: ['routes/refs-unresolved'],
  needs: ['service', 'routes', 'referenceGrants'],
  uses: ['referenceGrantsEverywhere'],
  evaluate({ service, routes, referenceGrants, referenceGrantsEverywhere = referenceGrants }) {
    const { name, namespace = '' } = service.metadata;
    const abroad = routeBackendsTo(service.metadata, routes).filter(
      ({ route }) => route.metadata.namespace !== namespace,
    );
    if (abroad.length === 0) return notApplicable('no route of another namespace names it');
    const granted = (route: GatewayRoute) =>
      referenceGrants.some((grant) => grantCovers(grant, route, service.metadata).covers);
    const refused = abroad.find(({ route }) => !granted(route));
    if (!refused) return passed(`a ReferenceGrant of ${namespace} allows the routes of other namespaces`);
    const { route, field } = refused;
    const near = nearGrants(referenceGrantsEverywhere, route, service);
    const reasons = (route.status?.parents ?? []).flatMap(({ conditions = [] }) =>
      conditions.filter(({ type, status }) => type === 'ResolvedRefs' && status === 'False'),
    );
    // Some controllers allow all references; their status then says so, about the very route as it stands.
    const resolved =
      reasons.length === 0 &&
      (route.spec.parentRefs ?? []).some((parent) =>
        statusUnder(route, parent).some(({ conditions = [] }) =>
          conditions.some(({ type, status }) => type === 'ResolvedRefs' && status === 'True'),
        ),
      );
    const [nearest] = near;
    return problem({
      certainty: resolved ? 'possible' : 'certain',
      ...(resolved ? { impact: 'risks' as const } : {}),
      summary: nearest
        ? `${formatRoute(route)} may not name Service ${namespace}/${name}: ReferenceGrant ${nearest.grant.metadata.name} does not cover it, since ${nearest.because}`
        : `${formatRoute(route)} may not name Service ${namespace}/${name}: no ReferenceGrant in ${namespace} allows it`,
      evidence: allOf([
        evidence(route, field, `name ${name}, namespace ${namespace}; the route is in ${route.metadata.namespace}`),
        ...reasons
          .slice(0, 1)
          .map(({ reason = '', message = '' }) =>
            evidence(route, 'status.parents', `ResolvedRefs False, ${reason}${message ? `: ${message}` : ''}`),
          ),
        ...near.map(({ grant, because }) => evidence(grant, 'spec', `${because}; ${JSON.stringify(grant.spec)}`)),
        evidence(
          service,
          'metadata.namespace',
          `${namespace}, which has ${referenceGrants.length === 0 ? 'no ReferenceGrant' : `ReferenceGrants ${referenceGrants.map(({ metadata }) => metadata.name).join(', ')}`}`,
        ),
      ]),
      confirm: [
        confirm(
          kubectl('describe', refTo(route).kind, route.metadata.name, '-n', route.metadata.namespace ?? ''),
          'ResolvedRefs False, Reason: RefNotPermitted',
        ),
        confirm(
          kubectl('get', 'referencegrants', '-n', namespace, '-o', 'yaml'),
          `no grant from ${route.kind} of namespace ${route.metadata.namespace} to Service ${name}`,
        ),
      ],
      fix: grantFix(near.find(({ grant }) => grant.metadata.namespace === namespace)?.grant, route, service),
    });
  },
});

/** Grants that were meant for this: they name the route's namespace or the Service, or stand where the route is. */
const nearGrants = (
  grants: readonly ReferenceGrant[],
  route: GatewayRoute,
  service: Service,
): readonly { readonly grant: ReferenceGrant; readonly because: string }[] =>
  grants.flatMap((grant) => {
    const { from, to } = grant.spec;
    const meant =
      grant.metadata.namespace === service.metadata.namespace ||
      ((from ?? []).some(({ namespace }) => namespace === route.metadata.namespace) &&
        (to ?? []).some(({ name, kind }) => kind === 'Service' && (!name || name === service.metadata.name)));
    const verdict = grantCovers(grant, route, service.metadata);
    return meant && !verdict.covers ? [{ grant, because: verdict.because }] : [];
  });

/** An entry without a name grants all of its kind. */
const grantsTo = ({ spec }: ReferenceGrant, service: string): boolean =>
  (spec.to ?? []).some(({ group, kind, name }) => !group && kind === 'Service' && (!name || name === service));

function grantFix(grant: ReferenceGrant | undefined, route: GatewayRoute, service: Service) {
  const { name, namespace = '' } = service.metadata;
  const from = { group: gatewayGroup, kind: route.kind, namespace: route.metadata.namespace ?? '' };
  const to = { group: '', kind: 'Service', name };
  if (grant) {
    return {
      explain: `Let ReferenceGrant ${grant.metadata.name} in ${namespace} cover ${route.kind} of namespace ${from.namespace} and Service ${name}.`,
      patch: {
        object: grant,
        type: 'merge' as const,
        body: {
          spec: {
            from: [...(grant.spec.from ?? []), from],
            ...(grantsTo(grant, name) ? {} : { to: [...(grant.spec.to ?? []), to] }),
          },
        },
      },
    };
  }
  const wanted = {
    apiVersion: `${gatewayGroup}/v1beta1`,
    kind: 'ReferenceGrant',
    metadata: { name: `${from.namespace}-to-${name}`, namespace },
    spec: { from: [from], to: [to] },
  };
  return {
    explain: `Create a ReferenceGrant in ${namespace}, the namespace of the Service, that allows ${route.kind} from namespace ${from.namespace} to Service ${name}.`,
    commands: [['sh', '-c', `echo '${JSON.stringify(wanted)}' | kubectl apply -f -`]],
  };
}
