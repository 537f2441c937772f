import { namedIn } from '../../k8s/named.ts';
import { pointerTo } from '../../k8s/field-paths.ts';
import { formatRoute, routeBackendsTo, serviceBackendsIn, type RouteBackend } from '../../k8s/gateway.ts';
import { nearestName, unlikeness } from '../../k8s/nearest-name.ts';
import type { GatewayRoute, Service } from '../../k8s/objects.ts';
import { oncePerPair } from '../../k8s/once-per.ts';
import { refTo } from '../../k8s/references.ts';
import { servicesNamed } from '../../k8s/services.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

/** A reference that leads nowhere, and which half of it was meant otherwise. */
interface Near {
  readonly backend: RouteBackend;
  readonly certainty: 'certain' | 'possible';
  readonly wrong: 'name' | 'namespace';
}

/** References that lead nowhere. */
const orphansAmong = oncePerPair((routes: readonly GatewayRoute[], services: readonly Service[]) =>
  serviceBackendsIn(routes).filter(({ ref, namespace }) => !namedIn(services, namespace, ref.name)),
);

export default defineCheck({
  id: 'routes/route-backend-missing',
  title: 'The route names a Service that does not exist',
  why: 'A backendRef without a namespace means a Service of the namespace of the route. Where there is none of that name, the route is accepted, its reference is not resolved, and the Gateway answers 500.',
  impact: 'breaks',
  explains: ['name/no-such-service', 'routes/refs-unresolved'],
  needs: ['target', 'routes', 'servicesEverywhere'],
  evaluate({ target, routes, servicesEverywhere }) {
    const exists = namedIn(servicesEverywhere, target.namespace, target.name) !== undefined;
    const routed = routeBackendsTo(target, routes).length > 0;
    const orphans = orphansAmong(routes, servicesEverywhere);
    if (!routed && orphans.length === 0) return notApplicable('no route of the Gateway API names it');
    const neighbours = () =>
      servicesEverywhere
        .filter(({ metadata }) => metadata.namespace === target.namespace)
        .map(({ metadata }) => metadata.name);
    const namesakes = servicesNamed(servicesEverywhere, target.name).length;
    const near = orphans.flatMap((backend): readonly Near[] => {
      const { ref, namespace } = backend;
      if (!exists)
        return ref.name === target.name && namespace === target.namespace
          ? [{ backend, certainty: 'certain', wrong: 'name' }]
          : [];
      if (routed) return [];
      if (ref.name === target.name)
        return [{ backend, certainty: namesakes === 1 ? 'certain' : 'possible', wrong: 'namespace' }];
      return namespace === target.namespace &&
        unlikeness(ref.name, target.name) !== undefined &&
        nearestName(ref.name, neighbours()) === target.name
        ? [{ backend, certainty: 'certain', wrong: 'name' }]
        : [];
    });
    const [first] = near;
    if (!first) return passed('no route names a Service that is missing and near to this name');
    const { route, ref, field, namespace } = first.backend;
    const right = exists ? target.name : nearestName(ref.name, neighbours());
    const abroad = first.wrong === 'namespace';
    const change = abroad ? { step: 'namespace', value: target.namespace } : { step: 'name', value: right };
    return problem({
      certainty: first.certainty,
      ...(first.certainty === 'possible' ? { impact: 'risks' as const } : {}),
      summary: abroad
        ? `${formatRoute(route)} names Service ${ref.name} in namespace ${namespace}, where there is none; it is in namespace ${target.namespace}`
        : `${formatRoute(route)} sends to Service ${ref.name}, which does not exist in ${namespace}${right ? `; ${right} does` : ''}`,
      evidence: allOf([
        ...near
          .slice(0, 4)
          .map(({ backend }) =>
            evidence(
              backend.route,
              backend.field,
              `name ${backend.ref.name}, namespace ${backend.ref.namespace ?? `absent, which means ${backend.namespace}`}`,
            ),
          ),
        ...servicesEverywhere
          .filter(({ metadata }) => metadata.name === right && metadata.namespace === target.namespace)
          .map((service) =>
            evidence(service, 'metadata.name', `${service.metadata.namespace}/${service.metadata.name}`),
          ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', ref.name, '-n', namespace),
          `Error from server (NotFound): services "${ref.name}" not found`,
        ),
        confirm(
          kubectl('describe', refTo(route).kind, route.metadata.name, '-n', route.metadata.namespace ?? ''),
          'ResolvedRefs False: BackendNotFound',
        ),
      ],
      fix: change.value
        ? {
            explain: abroad
              ? `Name the namespace ${target.namespace} in the backendRef, and allow the reference with a ReferenceGrant in ${target.namespace}.`
              : `Name the Service that exists in the backendRef: ${change.value}.`,
            patch: {
              object: route,
              type: 'json',
              body: [{ op: 'add', path: `${pointerTo(field)}/${change.step}`, value: change.value }],
            },
          }
        : {
            explain: `Create the Service ${ref.name} in ${namespace}, or name an existing one in the backendRef.`,
            commands: [kubectl('get', 'services', '-n', namespace)],
          },
    });
  },
});
