import type { CustomObject, IntOrString, Service } from './objects.ts';

/** One place where a route of OpenShift, Traefik or Contour names a Service. */
export interface VendorBackend {
  readonly route: CustomObject;
  readonly name: string;
  /** The route's own where the reference names none. */
  readonly namespace: string;
  /** `spec.routes[0].services[1]`. */
  readonly field: string;
  readonly port: IntOrString | undefined;
  readonly portField: string;
}

interface NamedService {
  readonly name?: string;
  readonly namespace?: string;
  readonly kind?: string;
  readonly port?: IntOrString;
}

interface VendorSpec {
  readonly to?: NamedService;
  readonly alternateBackends?: readonly NamedService[] | null;
  readonly port?: { readonly targetPort?: IntOrString };
  readonly routes?: readonly { readonly services?: readonly NamedService[] | null }[] | null;
  readonly tcpproxy?: { readonly services?: readonly NamedService[] | null };
}

/** The Services that a route names; references to other kinds (TraefikService) are left out. */
export function vendorBackendsOf(route: CustomObject): readonly VendorBackend[] {
  const spec: VendorSpec = route.spec ?? {};
  const home = route.metadata.namespace ?? '';
  const backend = (
    { name, namespace = home, kind = 'Service', port }: NamedService,
    field: string,
    own?: { readonly port: IntOrString | undefined; readonly portField: string },
  ): readonly VendorBackend[] =>
    kind === 'Service' && name !== undefined
      ? [{ route, name, namespace, field, ...(own ?? { port, portField: `${field}.port` }) }]
      : [];
  if (route.kind === 'Route') {
    const shared = { port: spec.port?.targetPort, portField: 'spec.port.targetPort' };
    return [
      ...(spec.to ? backend(spec.to, 'spec.to', shared) : []),
      ...(spec.alternateBackends ?? []).flatMap((other, index) =>
        backend(other, `spec.alternateBackends[${index}]`, shared),
      ),
    ];
  }
  return [
    ...(spec.routes ?? []).flatMap(({ services }, rule) =>
      (services ?? []).flatMap((service, index) => backend(service, `spec.routes[${rule}].services[${index}]`)),
    ),
    ...(spec.tcpproxy?.services ?? []).flatMap((service, index) =>
      backend(service, `spec.tcpproxy.services[${index}]`),
    ),
  ];
}

/** The places in routes of any namespace that name this Service. */
export const vendorBackendsTo = (
  { name, namespace }: { readonly name: string; readonly namespace?: string },
  routes: readonly CustomObject[],
): readonly VendorBackend[] =>
  routes.flatMap(vendorBackendsOf).filter((backend) => backend.name === name && backend.namespace === namespace);

/** `Route web/site`. */
export const formatVendorRoute = ({ kind, metadata }: CustomObject): string =>
  `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;

/** Traefik: name or number of the Service's port. OpenShift: its name, or the number behind it. */
export const isVendorPortOf = ({ route, port }: VendorBackend, { spec }: Service): boolean =>
  (spec.ports ?? []).some(
    (own) =>
      own.name === String(port) ||
      String(own.port) === String(port) ||
      (route.kind === 'Route' && String(own.targetPort ?? own.port) === String(port)),
  );

/** Why the router does not serve a route, in the words that it wrote into the status; undefined where it does, or wrote none. */
export function refusalInStatus(
  route: CustomObject,
): { readonly reason: string; readonly message: string; readonly field: string } | undefined {
  const status = (route.status ?? {}) as {
    readonly ingress?: readonly {
      readonly routerName?: string;
      readonly conditions?: readonly {
        readonly type?: string;
        readonly status?: string;
        readonly reason?: string;
        readonly message?: string;
      }[];
    }[];
    readonly currentStatus?: string;
    readonly description?: string;
  };
  if (status.currentStatus === 'invalid' || status.currentStatus === 'orphaned')
    return { reason: status.currentStatus, message: status.description ?? '', field: 'status.currentStatus' };
  const said = (status.ingress ?? []).flatMap(({ conditions = [] }, index) =>
    conditions.filter(({ type }) => type === 'Admitted').map((condition) => ({ ...condition, index })),
  );
  if (said.some((condition) => condition.status === 'True')) return undefined;
  const refused = said.find((condition) => condition.status === 'False');
  return (
    refused && {
      reason: refused.reason ?? 'no reason',
      message: refused.message ?? '',
      field: `status.ingress[${refused.index}].conditions`,
    }
  );
}
