import { questionsFor, type Resolver } from './names.ts';

/** The search domains that the cluster did not write: inherited from the node, or added by `dnsConfig`. */
export const foreignSearches = (searches: readonly string[], domain: string): readonly string[] =>
  searches.filter((search) => {
    const plain = search.toLowerCase().replace(/\.$/, '');
    return plain !== domain && !plain.endsWith(`.${domain}`);
  });

/**
 * The names that musl asks for, in order: one with `ndots` dots or more is never searched.
 * Its search also ends at the first answer that is not NXDOMAIN, be it empty or a failure; glibc goes on.
 * Source: musl src/network/lookup_name.c, name_from_dns_search and name_from_dns.
 */
export function questionsOfMusl(name: string, resolver: Pick<Resolver, 'searches' | 'ndots'>): readonly string[] {
  const dots = name.replace(/\.$/, '').split('.').length - 1;
  return dots >= resolver.ndots && !name.endsWith('.') ? [name.toLowerCase()] : questionsFor(name, resolver);
}

/** Images whose C library is musl, as far as their names tell. */
export const usesMusl = (image: string | undefined): boolean =>
  /alpine|musl|curlimages\/curl|nicolaka\/netshoot|network-multitool/i.test(image ?? '');

/** An address of the resolver itself or of the node it runs on: `127.0.0.53`, `::1`. */
export const isLoopback = (address: string): boolean => /^(127\.|::1$|\[::1\]|localhost$)/.test(address);

/** The address that NodeLocal DNSCache listens on, by convention. */
export const isLinkLocal = (address: string): boolean => /^(169\.254\.|fe80:|fd00::10$)/.test(address);
