import { endpointsIn, isExternalName, isHeadless, isReadyEndpoint, servesPort } from './endpoints.ts';
import type { EndpointSlice, IPFamily, Service, ServicePort } from './objects.ts';

/** What serves one port of a Service in one IP family. */
export interface Readiness {
  /** Absent where the client chooses the port itself: a headless Service maps none. */
  readonly port?: ServicePort;
  readonly family: IPFamily;
  /** Addresses that are ready in a slice that opens the port. */
  readonly ready: number;
  /** Addresses listed in slices of the family, ready or not, port or not. */
  readonly listed: number;
}

/**
 * (ready endpoint × resolved port), for each port and each IP family that a Service asks for. The union of all its slices counts, whoever
 * manages them; an address that several of them list counts once. Of an ExternalName nothing is counted.
 * Source: pkg/proxy/endpointslicecache.go, which passes over slices without a port number and of another address type.
 */
export function readinessOf(service: Service, slices: readonly EndpointSlice[]): readonly Readiness[] {
  if (isExternalName(service)) return [];
  const ports: readonly (ServicePort | undefined)[] = isHeadless(service) ? [undefined] : (service.spec.ports ?? []);
  return familiesOf(service, slices).flatMap((family) => {
    const ofFamily = slices.filter(({ addressType }) => addressType === family);
    const listed = distinct(endpointsIn(ofFamily).map(({ endpoint }) => endpoint.addresses[0]));
    return ports.map((port): Readiness => {
      const serving = endpointsIn(ofFamily).filter(
        ({ slice, endpoint }) => isReadyEndpoint(endpoint) && (port === undefined || opens(slice, port)),
      );
      return {
        ...(port === undefined ? {} : { port }),
        family,
        ready: distinct(serving.map(({ endpoint }) => endpoint.addresses[0])),
        listed,
      };
    });
  });
}

/** A port of a slice without a number, or with 0, forwards nowhere. */
const opens = (slice: EndpointSlice, port: ServicePort): boolean => (servesPort(slice, port)?.port ?? 0) > 0;

const distinct = (addresses: readonly (string | undefined)[]): number =>
  new Set(addresses.filter((address) => address !== undefined)).size;

/** The API server fills ipFamilies in; manifests that never met it ask for whatever their slices are. */
function familiesOf({ spec }: Service, slices: readonly EndpointSlice[]): readonly IPFamily[] {
  if (spec.ipFamilies && spec.ipFamilies.length > 0) return spec.ipFamilies;
  const found = new Set(slices.map(({ addressType }) => addressType).filter((type) => type !== 'FQDN'));
  return found.size > 0 ? [...found] : ['IPv4'];
}

/** How many ready endpoints are enough: so many, or so many percent of those that are expected. */
export type MinReady = { readonly count: number } | { readonly percent: number };

/** At least one: a share of nothing is no endpoint, and that is what nobody wants to pass. */
export const wantedOf = (minReady: MinReady, expected: number): number =>
  'count' in minReady ? minReady.count : Math.max(1, Math.ceil((minReady.percent * expected) / 100));
