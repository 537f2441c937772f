import { named } from './named.ts';
import { formatLabelSelector, matchesLabelSelector } from './labels.ts';
import type { BackendRef, Condition, Gateway, GatewayRoute, Namespace, ParentRef, ReferenceGrant } from './objects.ts';
import { oncePer } from './once-per.ts';

export const gatewayGroup = 'gateway.networking.k8s.io';

/** One place where a route names a Service. */
export interface RouteBackend {
  readonly route: GatewayRoute;
  readonly ref: BackendRef;
  /** `spec.rules[0].backendRefs[1]`. */
  readonly field: string;
  /** The route's own where the reference names none. */
  readonly namespace: string;
}

const backendsOf = (route: GatewayRoute): readonly RouteBackend[] =>
  (route.spec.rules ?? []).flatMap((rule, ruleIndex) =>
    (rule.backendRefs ?? []).map((ref, index) => ({
      route,
      ref,
      field: `spec.rules[${ruleIndex}].backendRefs[${index}]`,
      namespace: ref.namespace ?? route.metadata.namespace ?? '',
    })),
  );

/** The Services a route names; references to other kinds are left out. */
export const serviceBackendsOf = (route: GatewayRoute): readonly RouteBackend[] =>
  backendsOf(route).filter(({ ref }) => namesService(ref));

/** Core group and kind Service are the defaults. */
const namesService = ({ group = '', kind = 'Service' }: BackendRef): boolean => group === '' && kind === 'Service';

/** The places in routes of any namespace that name this Service. */
export const routeBackendsTo = (
  { name, namespace }: { readonly name: string; readonly namespace?: string },
  routes: readonly GatewayRoute[],
): readonly RouteBackend[] => backendsByService(routes).get(`${namespace} ${name}`) ?? [];

/** Every place in some routes that names a Service. */
export const serviceBackendsIn: (routes: readonly GatewayRoute[]) => readonly RouteBackend[] = oncePer(
  (routes: readonly GatewayRoute[]) => routes.flatMap(serviceBackendsOf),
);

const backendsByService = oncePer((routes: readonly GatewayRoute[]) =>
  Map.groupBy(serviceBackendsIn(routes), ({ ref, namespace }) => `${namespace} ${ref.name}`),
);

/** The places that name something of another kind by the name of this Service: a Deployment, or a Service of group "v1". */
export const namesakeBackendsOf = (
  { name, namespace }: { readonly name: string; readonly namespace?: string },
  routes: readonly GatewayRoute[],
): readonly RouteBackend[] => foreignBackends(routes).get(`${namespace} ${name}`) ?? [];

const foreignBackends = oncePer((routes: readonly GatewayRoute[]) =>
  Map.groupBy(
    routes.flatMap(backendsOf).filter(({ ref }) => !namesService(ref)),
    ({ ref, namespace }) => `${namespace} ${ref.name}`,
  ),
);

export const routesTo = (
  service: { readonly name: string; readonly namespace?: string },
  routes: readonly GatewayRoute[],
): readonly GatewayRoute[] => [...new Set(routeBackendsTo(service, routes).map(({ route }) => route))];

/** `HTTPRoute routes/store`. */
export const formatRoute = ({ kind, metadata }: GatewayRoute): string =>
  `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;

/** Whether a grant in the Service's namespace covers a reference from this route; `near` says what keeps it from doing so. */
export function grantCovers(
  grant: ReferenceGrant,
  route: GatewayRoute,
  service: { readonly name: string; readonly namespace?: string },
): { readonly covers: true } | { readonly covers: false; readonly because: string } {
  if (grant.metadata.namespace !== service.namespace)
    return { covers: false, because: `it stands in ${grant.metadata.namespace}, not in ${service.namespace}` };
  const from = grant.spec.from ?? [];
  const ofGroup = from.filter(({ group }) => group === gatewayGroup);
  if (ofGroup.length === 0)
    return { covers: false, because: `its from.group is ${list(from.map(({ group }) => `"${group}"`))}` };
  const ofKind = ofGroup.filter(({ kind }) => kind === route.kind);
  if (ofKind.length === 0)
    return { covers: false, because: `it allows ${list(ofGroup.map(({ kind }) => kind))}, not ${route.kind}` };
  if (!ofKind.some(({ namespace }) => namespace === route.metadata.namespace))
    return {
      covers: false,
      because: `it allows namespace ${list(ofKind.map(({ namespace }) => namespace))}, not ${route.metadata.namespace}`,
    };
  const to = grant.spec.to ?? [];
  const services = to.filter(({ group, kind }) => group === '' && kind === 'Service');
  if (services.length === 0)
    return { covers: false, because: `it allows ${list(to.map(({ group, kind }) => `${group || 'core'}/${kind}`))}` };
  if (!services.some(({ name }) => !name || name === service.name))
    return { covers: false, because: `it allows Service ${list(services.map(({ name = '' }) => name))}` };
  return { covers: true };
}

/** A Secret that a listener may not use, as it stands in another namespace that does not allow it. */
export function certificatesNotGranted(
  gateway: Gateway,
  listener: string,
  grants: readonly ReferenceGrant[],
): readonly { readonly name: string; readonly namespace: string; readonly field: string }[] {
  const home = gateway.metadata.namespace ?? '';
  return (gateway.spec.listeners ?? []).flatMap(({ name: own, tls }, place) =>
    own === listener
      ? (tls?.certificateRefs ?? []).flatMap(({ kind = 'Secret', name, namespace = home }, index) => {
          const granted = grants.some(
            ({ metadata, spec }) =>
              metadata.namespace === namespace &&
              (spec.from ?? []).some(
                (from) => from.group === gatewayGroup && from.kind === 'Gateway' && from.namespace === home,
              ) &&
              (spec.to ?? []).some((to) => to.group === '' && to.kind === kind && (!to.name || to.name === name)),
          );
          return namespace === home || granted
            ? []
            : [{ name, namespace, field: `spec.listeners[${place}].tls.certificateRefs[${index}]` }];
        })
      : [],
  );
}

const list = (values: readonly string[]): string => [...new Set(values)].join(', ') || 'nothing';

/** A reference to a Gateway; routes may also hang on Services (a mesh), which is another matter. */
export const namesGateway = ({ group = gatewayGroup, kind = 'Gateway' }: ParentRef): boolean =>
  group === gatewayGroup && kind === 'Gateway';

type Listener = NonNullable<Gateway['spec']['listeners']>[number];

/** Why no listener of a Gateway takes a route: the field that decides, and what it says. */
export interface Refusal {
  readonly reason: 'NoMatchingParent' | 'NotAllowedByListeners' | 'NoMatchingListenerHostname';
  readonly field: string;
  readonly saw: string;
  readonly because: string;
}

/**
 * Whether a listener of the Gateway takes the route, judged in the order of the specification: the listener named, the kinds it takes,
 * the namespaces it lets in, then the hostnames. Where namespaces are not known, a selector lets everybody in.
 */
export function refusalOf(
  route: GatewayRoute,
  parent: ParentRef,
  gateway: Gateway,
  namespaces: readonly Namespace[] | undefined,
): Refusal | undefined {
  const all = (gateway.spec.listeners ?? []).map((listener, index) => ({ listener, index }));
  const named = all.filter(
    ({ listener }) =>
      (parent.sectionName === undefined || listener.name === parent.sectionName) &&
      (parent.port === undefined || listener.port === parent.port),
  );
  if (named.length === 0)
    return noSuchListener(
      parent,
      all.map(({ listener }) => listener),
    );
  const ofKind = named.filter(({ listener }) => takesKind(listener, route.kind));
  if (ofKind.length === 0) return wrongKind(route, named);
  const open = ofKind.filter(({ listener }) => letsIn(listener, route, gateway, namespaces));
  if (open.length === 0) return closed(route, ofKind);
  const fitting = open.filter(({ listener }) => hostnamesMeet(listener.hostname, route.spec.hostnames));
  return fitting.length === 0 ? otherHostnames(route, open) : undefined;
}

type Numbered = readonly { readonly listener: Listener; readonly index: number }[];

function noSuchListener({ sectionName, port }: ParentRef, listeners: readonly Listener[]): Refusal {
  const asked = [
    ...(sectionName === undefined ? [] : [`sectionName ${sectionName}`]),
    ...(port === undefined ? [] : [`port ${port}`]),
  ].join(' and ');
  return {
    reason: 'NoMatchingParent',
    field: 'spec.listeners',
    saw: list(listeners.map((listener) => `${listener.name} (${listener.protocol} ${listener.port})`)),
    because: asked === '' ? 'it has no listener' : `it has no listener with ${asked}`,
  };
}

function wrongKind(route: GatewayRoute, listeners: Numbered): Refusal {
  const [first] = listeners;
  return {
    reason: 'NotAllowedByListeners',
    field: `spec.listeners[${first?.index ?? 0}].${first?.listener.allowedRoutes?.kinds?.length ? 'allowedRoutes.kinds' : 'protocol'}`,
    saw: list(
      listeners.map(
        ({ listener }) =>
          `${listener.name}: ${protocolOf(listener)}, takes ${kindsTaken(listener)?.join(', ') ?? 'kinds that are not known'}`,
      ),
    ),
    because: `its listener ${list(listeners.map(({ listener }) => `${listener.name} (${protocolOf(listener)})`))} takes no ${route.kind}${route.kind === 'TLSRoute' ? ': that needs protocol TLS, mode Passthrough' : ''}`,
  };
}

function closed(route: GatewayRoute, listeners: Numbered): Refusal {
  const [first] = listeners;
  const from = (listener: Listener) => listener.allowedRoutes?.namespaces?.from ?? 'Same';
  return {
    reason: 'NotAllowedByListeners',
    field: `spec.listeners[${first?.index ?? 0}].allowedRoutes.namespaces`,
    saw: list(
      listeners.map(({ listener }) =>
        from(listener) === 'Selector'
          ? `from: Selector ${formatLabelSelector(listener.allowedRoutes?.namespaces?.selector)}`
          : `from: ${from(listener)}`,
      ),
    ),
    because: `its listener ${list(listeners.map(({ listener }) => listener.name))} lets in no route from namespace ${route.metadata.namespace}`,
  };
}

function otherHostnames(route: GatewayRoute, listeners: Numbered): Refusal {
  const [first] = listeners;
  const served = list(listeners.map(({ listener }) => listener.hostname ?? '*'));
  return {
    reason: 'NoMatchingListenerHostname',
    field: `spec.listeners[${first?.index ?? 0}].hostname`,
    saw: served,
    because: `its listener serves ${served}, the route asks for ${list(route.spec.hostnames ?? [])}`,
  };
}

/** The kinds that a listener takes where it lists none; undefined for protocols nobody has standardised. */
const kindsOfProtocol: Readonly<Record<string, readonly string[]>> = {
  HTTP: ['HTTPRoute', 'GRPCRoute'],
  HTTPS: ['HTTPRoute', 'GRPCRoute'],
  TLS: ['TLSRoute', 'TCPRoute'],
  TCP: ['TCPRoute'],
  UDP: ['UDPRoute'],
};

const kindsTaken = (listener: Listener): readonly string[] | undefined => {
  const kinds = listener.allowedRoutes?.kinds ?? [];
  return kinds.length > 0 ? kinds.map(({ kind }) => kind) : kindsOfProtocol[listener.protocol];
};

/** `HTTPS, tls.mode Terminate`. */
const protocolOf = ({ protocol, tls }: Listener): string =>
  protocol === 'HTTPS' || protocol === 'TLS' ? `${protocol}, tls.mode ${tls?.mode ?? 'Terminate'}` : protocol;

const takesKind = (listener: Listener, kind: string): boolean => kindsTaken(listener)?.includes(kind) ?? true;

function letsIn(
  listener: Listener,
  route: GatewayRoute,
  gateway: Gateway,
  namespaces: readonly Namespace[] | undefined,
): boolean {
  const { from = 'Same', selector } = listener.allowedRoutes?.namespaces ?? {};
  switch (from) {
    case 'All':
      return true;
    case 'None':
      return false;
    case 'Same':
      return route.metadata.namespace === gateway.metadata.namespace;
    case 'Selector': {
      const home = named(namespaces, route.metadata.namespace);
      return home === undefined || matchesLabelSelector(home.metadata.labels, selector);
    }
  }
}

/** Whether a listener and a route have a hostname in common; no hostname means all of them. */
export function hostnamesMeet(listener: string | undefined, route: readonly string[] | null | undefined): boolean {
  if (!listener || listener === '*' || !route || route.length === 0) return true;
  return route.some((hostname) => covers(listener, hostname) || covers(hostname, listener));
}

/** `*.example.com` covers every name below example.com, at any depth, and not example.com itself. */
const covers = (pattern: string, hostname: string): boolean => {
  const a = pattern.toLowerCase();
  const b = hostname.toLowerCase();
  return a === b || (a.startsWith('*.') && b.endsWith(a.slice(1)));
};

type ParentStatus = NonNullable<NonNullable<GatewayRoute['status']>['parents']>[number];

/** What controllers wrote about a route under one of its parents; a parent may be named with or without namespace and section. */
export const statusUnder = (route: GatewayRoute, parent: ParentRef): readonly ParentStatus[] =>
  (route.status?.parents ?? []).filter(
    ({ parentRef }) =>
      parentRef.name === parent.name &&
      (parentRef.namespace ?? route.metadata.namespace) === (parent.namespace ?? route.metadata.namespace) &&
      parentRef.sectionName === parent.sectionName &&
      parentRef.port === parent.port,
  );

/** A condition written before the last change of the object says nothing about it. */
export const isStale = (route: GatewayRoute, condition: Condition): boolean =>
  condition.observedGeneration !== undefined &&
  route.metadata.generation !== undefined &&
  condition.observedGeneration < route.metadata.generation;

/** The Gateway a parentRef means, in the route's own namespace unless it says otherwise. */
export const gatewayOf = (route: GatewayRoute, parent: ParentRef, gateways: readonly Gateway[]): Gateway | undefined =>
  gateways.find(
    ({ metadata }) =>
      metadata.name === parent.name && metadata.namespace === (parent.namespace ?? route.metadata.namespace),
  );
