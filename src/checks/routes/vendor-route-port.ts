import type { CustomObject, Service } from '../../k8s/objects.ts';
import { formatServicePort } from '../../k8s/ports.ts';
import { refTo } from '../../k8s/references.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/vendor-route-port',
  title: 'A Route or IngressRoute names a port that the Service does not have',
  why: 'A Route of OpenShift names in port.targetPort a port of the Service by its name (or the number its Pods listen on), and an IngressRoute of Traefik the Service’s own port. With anything else the router knows no server and answers 503 or 404.',
  impact: 'degrades',
  needs: ['service', 'vendorRoutes'],
  evaluate({ service, vendorRoutes }) {
    const ports = vendorRoutes.flatMap((route) => portsNamedBy(route, service));
    if (ports.length === 0) return notApplicable('no Route or IngressRoute names a port of the Service');
    const has = (service.spec.ports ?? []).map(formatServicePort).join(', ');
    const wrong = ports.find(({ route, port }) => !isPortOf(route, port, service));
    if (!wrong) return passed(`${ports.map(({ route }) => route.metadata.name).join(', ')} names a port it has`);
    const { route, port, path, pointer } = wrong;
    const { name, namespace = '' } = service.metadata;
    const [first] = service.spec.ports ?? [];
    const right = route.kind === 'Route' ? (first?.name ?? first?.targetPort ?? first?.port) : first?.port;
    const ref = refTo(route);
    return problem({
      certainty: 'certain',
      summary: `${route.kind} ${route.metadata.namespace}/${route.metadata.name} names port ${port} of ${name}, which has ${has || 'none'}`,
      evidence: allOf([evidence(route, path, String(port)), evidence(service, 'spec.ports', has || 'none')]),
      confirm: [
        confirm(kubectl('get', ref.kind, ref.name, '-n', ref.namespace ?? '', '-o', 'yaml'), `port ${port}`),
        confirm(kubectl('get', 'service', name, '-n', namespace), has),
      ],
      fix: {
        explain: `Name port ${right ?? ''} in ${route.kind} ${route.metadata.name}.`,
        ...(right !== undefined && (service.spec.ports ?? []).length === 1
          ? { patch: { object: route, type: 'json' as const, body: [{ op: 'replace', path: pointer, value: right }] } }
          : {}),
      },
    });
  },
});

interface NamedPort {
  readonly route: CustomObject;
  readonly port: string | number;
  readonly path: string;
  readonly pointer: string;
}

interface TraefikService {
  readonly name?: string;
  readonly namespace?: string;
  readonly kind?: string;
  readonly port?: string | number;
}

interface VendorSpec {
  readonly to?: { readonly kind?: string; readonly name?: string };
  readonly port?: { readonly targetPort?: string | number };
  readonly routes?: readonly { readonly services?: readonly TraefikService[] | null }[] | null;
}

function portsNamedBy(route: CustomObject, { metadata }: Service): readonly NamedPort[] {
  const spec: VendorSpec = route.spec ?? {};
  if (route.kind === 'Route') {
    const port = spec.port?.targetPort;
    const ours = spec.to?.name === metadata.name && route.metadata.namespace === metadata.namespace;
    return ours && port !== undefined
      ? [{ route, port, path: 'spec.port.targetPort', pointer: '/spec/port/targetPort' }]
      : [];
  }
  return (spec.routes ?? []).flatMap(({ services }, rule) =>
    (services ?? []).flatMap(({ name, namespace = route.metadata.namespace, kind = 'Service', port }, index) =>
      kind === 'Service' && name === metadata.name && namespace === metadata.namespace && port !== undefined
        ? [
            {
              route,
              port,
              path: `spec.routes[${rule}].services[${index}].port`,
              pointer: `/spec/routes/${rule}/services/${index}/port`,
            },
          ]
        : [],
    ),
  );
}

/** Traefik: name or number of the Service's port. OpenShift: its name, or the number behind it. */
const isPortOf = ({ kind }: CustomObject, port: string | number, { spec }: Service): boolean =>
  (spec.ports ?? []).some(
    (own) =>
      own.name === String(port) ||
      String(own.port) === String(port) ||
      (kind === 'Route' && String(own.targetPort ?? own.port) === String(port)),
  );
