import { literally } from './literally.ts';
import { portMissOf } from './client-ports.ts';
import { isPlainlyHost, portOf, referencesIn, type Reference } from './client-references.ts';
import { settingsOf } from './client-settings.ts';
import type { ClusterDomain } from './cluster-domain.ts';
import { leadOf } from './leads.ts';
import { resolverOf } from './names.ts';
import { unlikeness } from './nearest-name.ts';
import type { Container, Pod, Service } from './objects.ts';

/** An address for which a container waits in vain, whatever the Pods behind it do. */
export type Unreachable =
  | { readonly kind: 'no Service'; readonly reference: Reference; readonly nearest: Service | undefined }
  | { readonly kind: 'no such port'; readonly reference: Reference; readonly port: number; readonly service: Service };

/** Judges the addresses in an init container's command, arguments and variables by the rules that hold for every client. */
export function unreachableFrom(
  container: Container,
  pod: Pod,
  known: { readonly services: readonly Service[]; readonly pods: readonly Pod[]; readonly domain: ClusterDomain },
): Unreachable | undefined {
  const { namespace = '' } = pod.metadata;
  const spec = { ...pod.spec, initContainers: [withItsVariables(container)], containers: [] };
  const vicinity = { ...known, namespace, spec, resolver: resolverOf(spec, namespace, known.domain.searched) };
  for (const reference of referencesIn(settingsOf({ object: pod, spec, namespace }))) {
    const lead = leadOf(reference, vicinity);
    if (lead.kind === 'nowhere') {
      const nearest = nearestService(reference.host, namespace, known.services);
      if (isSurelyHost(reference, nearest)) return { kind: 'no Service', reference, nearest };
    }
    if (lead.kind !== 'service') continue;
    const miss = portMissOf({ reference, lead }, lead.service, known.pods);
    if (miss && isSurelyHost(reference, lead.service))
      return { kind: 'no such port', reference, port: miss.port, service: lead.service };
  }
  return undefined;
}

/** What a shell makes of `$DB_HOST` in the container's own words. */
function withItsVariables(container: Container): Container {
  const inShell = (text: string): string =>
    (container.env ?? []).reduce(
      (line, { name, value }) =>
        value
          ? line.replaceAll(new RegExp(`\\$\\{${literally(name)}\\}|\\$${literally(name)}\\b`, 'g'), () => value)
          : line,
      text,
    );
  return {
    ...container,
    ...(container.command ? { command: container.command.map(inShell) } : {}),
    ...(container.args ? { args: container.args.map(inShell) } : {}),
  };
}

/** A plain word of a command line is a host where a port, a scheme or its option says so, or where a Service is called nearly so. */
function isSurelyHost(reference: Reference, nearest: Service | undefined): boolean {
  if (!isPlainlyHost(reference)) return false;
  const { host, setting } = reference;
  if (setting.source !== 'commandLine' || portOf(reference) !== undefined || nearest) return true;
  return new RegExp(
    `(nslookup|getent a?hosts|ping6?)(\\s+-\\S+(\\s+\\d+)?)*\\s+${host}\\b|(-h|--host)[\\s=]+${host}\\b`,
  ).test(setting.value);
}

function nearestService(host: string, namespace: string, services: readonly Service[]): Service | undefined {
  const [name = '', own = namespace] = host.split('.');
  return services
    .flatMap((service) => {
      const unlike = unlikeness(name, service.metadata.name);
      const away = service.metadata.namespace === own ? 0 : 1;
      return unlike === undefined ? [] : [{ service, rank: away + unlike }];
    })
    .sort((a, b) => a.rank - b.rank)[0]?.service;
}
