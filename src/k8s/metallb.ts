import { isInCidr, isInRange } from './addresses.ts';
import { matchesLabelSelector } from './labels.ts';
import type { CustomObject, LabelSelector, Node } from './objects.ts';

/** `metallb.io` since 0.15, `metallb.universe.tf` before. */
const poolAnnotations = ['metallb.io/ip-allocated-from-pool', 'metallb.universe.tf/ip-allocated-from-pool'] as const;

interface PoolSpec {
  readonly addresses?: readonly string[] | null;
}

/** The pool that an address of a Service was taken from: as MetalLB wrote it, else by its ranges. */
export function poolOf(
  annotations: Readonly<Record<string, string>> | undefined,
  address: string,
  pools: readonly CustomObject[],
): CustomObject | undefined {
  const written = poolAnnotations.map((key) => annotations?.[key]).find((name) => name !== undefined);
  return (
    pools.find(({ metadata }) => metadata.name === written) ??
    pools.find(({ spec }) => {
      const { addresses }: PoolSpec = spec ?? {};
      return (addresses ?? []).some((range) =>
        range.includes('-') ? isInRange(address, range) : isInCidr(address, range),
      );
    })
  );
}

interface AdvertisementSpec {
  readonly ipAddressPools?: readonly string[] | null;
  readonly ipAddressPoolSelectors?: readonly LabelSelector[] | null;
  readonly nodeSelectors?: readonly LabelSelector[] | null;
}

/** Whether an advertisement speaks of a pool: of every one where it names none. It counts in MetalLB's own namespace only. */
export function advertises(advertisement: CustomObject, pool: CustomObject): boolean {
  if (advertisement.metadata.namespace !== pool.metadata.namespace) return false;
  const { ipAddressPools, ipAddressPoolSelectors }: AdvertisementSpec = advertisement.spec ?? {};
  if (!ipAddressPools?.length && !ipAddressPoolSelectors?.length) return true;
  return (
    (ipAddressPools ?? []).includes(pool.metadata.name) ||
    (ipAddressPoolSelectors ?? []).some((selector) => matchesLabelSelector(pool.metadata.labels, selector))
  );
}

/** What an advertisement names instead: `ipAddressPools lab`. */
export function poolsNamedBy({ spec }: CustomObject): string {
  const { ipAddressPools, ipAddressPoolSelectors }: AdvertisementSpec = spec ?? {};
  return [...(ipAddressPools ?? []), ...(ipAddressPoolSelectors ?? []).map((each) => JSON.stringify(each))].join(', ');
}

/** The nodes from which it announces; all where it selects none. */
export function announcersOf({ spec }: CustomObject, nodes: readonly Node[]): readonly Node[] {
  const { nodeSelectors }: AdvertisementSpec = spec ?? {};
  return nodeSelectors?.length
    ? nodes.filter(({ metadata }) => nodeSelectors.some((selector) => matchesLabelSelector(metadata.labels, selector)))
    : nodes;
}
