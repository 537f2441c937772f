import { pointerTo } from '../../k8s/field-paths.ts';
import { formatServicePort } from '../../k8s/ports.ts';
import { refTo, refArgs } from '../../k8s/references.ts';
import { formatVendorRoute, isVendorPortOf, vendorBackendsTo } from '../../k8s/vendor-routes.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/vendor-route-port',
  title: 'A Route or IngressRoute names a port that the Service does not have',
  why: 'A Route of OpenShift names in port.targetPort a port of the Service by its name (or the number its Pods listen on), and an IngressRoute of Traefik the Service’s own port. With anything else the router knows no server and answers 503 or 404.',
  impact: 'degrades',
  needs: ['service', 'vendorRoutes'],
  evaluate({ service, vendorRoutes }) {
    const ports = vendorBackendsTo(service.metadata, vendorRoutes).filter(({ port }) => port !== undefined);
    if (ports.length === 0) return notApplicable('no Route or IngressRoute names a port of the Service');
    const has = (service.spec.ports ?? []).map(formatServicePort).join(', ');
    const wrong = ports.find((backend) => !isVendorPortOf(backend, service));
    if (!wrong) return passed(`${ports.map(({ route }) => route.metadata.name).join(', ')} names a port it has`);
    const { route, port, portField } = wrong;
    const { name, namespace = '' } = service.metadata;
    const [first] = service.spec.ports ?? [];
    const right = route.kind === 'Route' ? (first?.name ?? first?.targetPort ?? first?.port) : first?.port;
    const ref = refTo(route);
    return problem({
      certainty: 'certain',
      summary: `${formatVendorRoute(route)} names port ${port} of ${name}, which has ${has || 'none'}`,
      evidence: allOf([evidence(route, portField, String(port)), evidence(service, 'spec.ports', has || 'none')]),
      confirm: [
        confirm(kubectl('get', ...refArgs(ref), '-o', 'yaml'), `port ${port}`),
        confirm(kubectl('get', 'service', name, '-n', namespace), has),
      ],
      fix: {
        explain: `Name port ${right ?? ''} in ${route.kind} ${route.metadata.name}.`,
        ...(right !== undefined && (service.spec.ports ?? []).length === 1
          ? {
              patch: {
                object: route,
                type: 'json' as const,
                body: [{ op: 'replace', path: pointerTo(portField), value: right }],
              },
            }
          : {}),
      },
    });
  },
});
