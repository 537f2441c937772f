import type { Service } from './objects.ts';
import { oncePer } from './once-per.ts';

/** The Services of that name, whatever their namespace. */
export const servicesNamed = (services: readonly Service[], name: string | undefined): readonly Service[] =>
  byName(services).get(name ?? '') ?? [];

const byName = oncePer((services: readonly Service[]): ReadonlyMap<string, readonly Service[]> =>
  Map.groupBy(services, ({ metadata }) => metadata.name),
);

/** Every address of the cluster that a Service has; none for a headless one. */
export const clusterIPsOf = ({ spec }: Service): readonly string[] =>
  (spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])).filter(
    (address) => address !== 'None' && address !== '',
  );

/** The Services that have an address, in their order. */
export const servicesAt = (services: readonly Service[], address: string): readonly Service[] =>
  byAddress(services).get(address) ?? [];

const byAddress = oncePer((services: readonly Service[]): ReadonlyMap<string, readonly Service[]> => {
  const index = new Map<string, Service[]>();
  for (const service of services) {
    for (const address of new Set([...clusterIPsOf(service), service.spec.clusterIP ?? ''])) {
      const holders = index.get(address);
      if (holders) holders.push(service);
      else index.set(address, [service]);
    }
  }
  return index;
});
