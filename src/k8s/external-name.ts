import { namedIn } from './named.ts';
import { denotedBy } from './names.ts';
import type { Service } from './objects.ts';

/** Where an ExternalName Service sends its clients: the CNAME that DNS answers with. */
export type Alias =
  /** Addresses are no names: DNS publishes no CNAME for them. */
  | { readonly kind: 'address'; readonly address: string }
  /** Not a host name at all: a URL, a port, a path; `host` is what was meant. */
  | { readonly kind: 'invalid'; readonly host: string }
  | { readonly kind: 'service'; readonly service: Service }
  /** A name inside the cluster that no Service has. */
  | { readonly kind: 'missing'; readonly name: string; readonly namespace: string }
  /** A short name: a CNAME is absolute, no search list is applied to it. `meant` is the Service it would be from inside a Pod. */
  | { readonly kind: 'short'; readonly meant: Service }
  /** A name of a Service under another cluster domain. */
  | { readonly kind: 'other-domain'; readonly domain: string; readonly meant: Service }
  | { readonly kind: 'outside'; readonly host: string };

export function aliasOf(service: Service, services: readonly Service[], domain: string): Alias {
  const written = (service.spec.externalName ?? '').trim();
  const host = written.toLowerCase().replace(/\.$/, '');
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(host) || /^\[?[\da-f]*:[\da-f:.]+\]?$/.test(host))
    return { kind: 'address', address: written };
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(host))
    return { kind: 'invalid', host: host.replace(/^[a-z][a-z0-9+.-]*:\/\//, '').replace(/[:/].*$/, '') };
  const called = (name: string | undefined, namespace: string | undefined) => namedIn(services, namespace, name);
  const denoted = denotedBy(host, domain);
  if (denoted?.kind === 'service' || denoted?.kind === 'endpoint') {
    const found = called(denoted.service, denoted.namespace);
    return found
      ? { kind: 'service', service: found }
      : { kind: 'missing', name: denoted.service, namespace: denoted.namespace };
  }
  const labels = host.split('.');
  const [name, namespace = service.metadata.namespace] = labels;
  const meant = called(name, namespace);
  if (meant && (labels.length <= 2 || (labels.length === 3 && labels[2] === 'svc'))) return { kind: 'short', meant };
  if (meant && labels[2] === 'svc') return { kind: 'other-domain', domain: labels.slice(3).join('.'), meant };
  return { kind: 'outside', host };
}
