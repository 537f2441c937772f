import type { Endpoint, EndpointPort, EndpointSlice, Service, ServicePort } from './objects.ts';
import { oncePer } from './once-per.ts';
import { protocolOf } from './ports.ts';

export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const sliceController = 'endpointslice-controller.k8s.io';
export const mirroringController = 'endpointslicemirroring-controller.k8s.io';

/** One endpoint, with the slice that lists it: two slices may list the same address with different ports. */
export interface ListedEndpoint {
  readonly slice: EndpointSlice;
  readonly endpoint: Endpoint;
}

/** The endpoints of a Service are the union of all its slices, whoever manages them. */
export const endpointsIn: (slices: readonly EndpointSlice[]) => readonly ListedEndpoint[] = oncePer(
  (slices: readonly EndpointSlice[]) =>
    slices.flatMap((slice) => (slice.endpoints ?? []).map((endpoint) => ({ slice, endpoint }))),
);

/** Absent or null reads as ready. Source: discovery/v1 types, EndpointConditions.Ready. */
export const isReadyEndpoint = (endpoint: Endpoint): boolean => endpoint.conditions?.ready ?? true;

/** The ports a slice opens; null and absent are none. */
export const portsOf = (slice: EndpointSlice): readonly EndpointPort[] => slice.ports ?? [];

/** kube-proxy joins a Service port and a slice port by name and protocol; an absent name is the empty one. */
export const servesPort = (slice: EndpointSlice, port: ServicePort): EndpointPort | undefined =>
  portsOf(slice).find(
    (candidate) => (candidate.name ?? '') === (port.name ?? '') && protocolOf(candidate) === protocolOf(port),
  );

/**
 * What counts as serving: ready endpoints in slices that open this Service port. An address without the port is an outage.
 * Headless Services without ports have nothing to open: there, every ready endpoint counts.
 */
export const readyEndpointsFor = (slices: readonly EndpointSlice[], port: ServicePort): readonly ListedEndpoint[] =>
  endpointsIn(slices).filter(
    ({ slice, endpoint }) => isReadyEndpoint(endpoint) && servesPort(slice, port) !== undefined,
  );

/** The controller that keeps a slice, by its label; undefined for one written by hand. */
export const managerOfSlice = (slice: EndpointSlice): string | undefined => slice.metadata.labels?.[managedByLabel];

/** Kept by neither of Kubernetes' own controllers: written by a person, or by the controller of some other project. */
export const isKeptByOthers = (slice: EndpointSlice): boolean => {
  const manager = managerOfSlice(slice);
  return manager !== sliceController && manager !== mirroringController;
};

/** Ready endpoints in slices of others, with a port of the Service: they serve beside the Pods of its selector, and without them. */
export const servedByOthers = (service: Service, slices: readonly EndpointSlice[]): readonly ListedEndpoint[] => {
  const others = slices.filter(isKeptByOthers);
  const ports = service.spec.ports ?? [];
  return endpointsIn(others).filter(
    ({ slice, endpoint }) =>
      isReadyEndpoint(endpoint) && (ports.length === 0 || ports.some((port) => servesPort(slice, port))),
  );
};

/** Filled by a person: a slice of their own, or the mirror of an Endpoints object of theirs. */
export const keptByHand = (slice: EndpointSlice): boolean => managerOfSlice(slice) !== sliceController;

export const addressesIn = (slice: EndpointSlice): readonly string[] =>
  (slice.endpoints ?? []).flatMap(({ addresses }) => addresses ?? []);

export const isHeadless = (service: Service): boolean => service.spec.clusterIP === 'None';

export const isExternalName = (service: Service): boolean => service.spec.type === 'ExternalName';
