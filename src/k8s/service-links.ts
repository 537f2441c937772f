import type { PodSpec, Service } from './objects.ts';
import { protocolOf } from './ports.ts';

/** Whether kubelet gives a Pod the variables of its namespace's Services. The API server fills the default in: true. */
export const hasServiceLinks = (spec: PodSpec): boolean => spec.enableServiceLinks !== false;

/** `redis-master` → `REDIS_MASTER`. Source: kubelet/envvars, makeEnvVariableName. */
export const linkPrefixOf = (service: Service): string => service.metadata.name.toUpperCase().replaceAll('-', '_');

/**
 * The variables that a Service puts into every container of its namespace that starts later. None for headless and ExternalName Services.
 * Source: kubelet/envvars, FromServices and makeLinkVariables.
 */
export function serviceLinksOf(service: Service): ReadonlyMap<string, string> {
  const { clusterIP, ports, type } = service.spec;
  const [first] = ports ?? [];
  if (!clusterIP || clusterIP === 'None' || type === 'ExternalName' || !first) return new Map();
  const prefix = linkPrefixOf(service);
  const address = clusterIP.includes(':') ? `[${clusterIP}]` : clusterIP;
  const url = (port: { readonly port: number; readonly protocol?: 'TCP' | 'UDP' | 'SCTP' }) =>
    `${protocolOf(port).toLowerCase()}://${address}:${port.port}`;
  return new Map([
    [`${prefix}_SERVICE_HOST`, clusterIP],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
    ...(ports ?? []).flatMap((port): readonly [string, string][] =>
      port.name ? [[`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`, String(port.port)]] : [],
    ),
    [`${prefix}_PORT`, url(first)],
    ...(ports ?? []).flatMap((port): readonly [string, string][] => {
      const stem = `${prefix}_PORT_${port.port}_${protocolOf(port)}`;
      return [
        [stem, url(port)],
        [`${stem}_PROTO`, protocolOf(port).toLowerCase()],
        [`${stem}_PORT`, String(port.port)],
        [`${stem}_ADDR`, clusterIP],
      ];
    }),
  ]);
}
