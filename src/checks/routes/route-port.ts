import { formatServicePorts, meantPort, servicePortFor } from '../../k8s/backend-ports.ts';
import { pointerTo } from '../../k8s/field-paths.ts';
import { formatRoute, routeBackendsTo, routesTo } from '../../k8s/gateway.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { refTo } from '../../k8s/references.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/route-port',
  title: 'The route asks for a port that the Service does not have',
  why: 'A backendRef to a Service must give a port, and it is the port of the Service, not that of the container. The Gateway answers 500 for a reference that leads nowhere.',
  impact: 'breaks',
  explains: ['routes/refs-unresolved'],
  needs: ['service', 'routes'],
  uses: ['pods'],
  evaluate({ service, routes, pods = [] }) {
    const { name, namespace = '' } = service.metadata;
    const backends = routeBackendsTo(service.metadata, routes);
    if (backends.length === 0) return notApplicable('no route of the Gateway API names it');
    const wrong = backends.filter(({ ref }) => ref.port === undefined || !servicePortFor(service, ref.port));
    const [first] = wrong;
    if (!first) {
      const named = routesTo(service.metadata, routes).map(formatRoute);
      return passed(`${named.join(', ')} → ${name}:${[...new Set(backends.map(({ ref }) => ref.port))].join(', ')}`);
    }
    const { route, ref } = first;
    const meant = ref.port === undefined ? undefined : meantPort(service, ref.port, podsSelectedBy(service, pods));
    const right = meant?.port ?? (service.spec.ports?.length === 1 ? service.spec.ports[0] : undefined);
    return problem({
      certainty: 'certain',
      summary:
        ref.port === undefined
          ? `${formatRoute(route)} names Service ${name} without a port; it has ${formatServicePorts(service)}`
          : `${formatRoute(route)} sends to port ${ref.port} of Service ${name}, which has only ${formatServicePorts(service)}`,
      evidence: allOf([
        ...wrong.slice(0, 4).map((each) => evidence(each.route, `${each.field}.port`, each.ref.port ?? 'absent')),
        ...(service.spec.ports ?? []).map((port, index) =>
          evidence(
            service,
            `spec.ports[${index}]`,
            `name ${port.name ?? 'absent'}, port ${port.port}, targetPort ${port.targetPort ?? port.port}`,
          ),
        ),
        ...(meant?.slip ? [evidence(service, 'spec.ports', `${meant.slip}; a route names the Service's port`)] : []),
      ]),
      confirm: [
        confirm(kubectl('get', 'service', name, '-n', namespace), `PORT(S) ${formatServicePorts(service)}`),
        confirm(
          kubectl('describe', refTo(route).kind, route.metadata.name, '-n', route.metadata.namespace ?? ''),
          'ResolvedRefs False: BackendNotFound or an invalid port, where the controller checks it',
        ),
      ],
      fix: right
        ? {
            explain: `Name the Service's own port in the route: ${right.port}.`,
            patch: {
              object: route,
              type: 'json',
              body: wrong
                .filter((each) => each.route === route && each.ref.port === ref.port)
                .map((each) => ({ op: 'add', path: `${pointerTo(each.field)}/port`, value: right.port })),
            },
          }
        : { explain: `Name one of the Service's ports in the route: ${formatServicePorts(service)}.` },
    });
  },
});
