import { isInCidr } from './addresses.ts';
import type { Setting } from './client-settings.ts';

/** The proxy settings of one container: what most HTTP clients read from their environment. */
export interface ProxySettings {
  readonly container: string;
  readonly proxies: readonly Setting[];
  /** NO_PROXY and no_proxy, where they are set. */
  readonly exceptions: readonly Setting[];
}

/** Containers that are told to go through a proxy; one on localhost is a sidecar and knows the cluster. */
export function proxySettingsIn(settings: readonly Setting[]): readonly ProxySettings[] {
  const variables = settings.filter(({ source }) => source === 'env' || source === 'configMapKey');
  return [...Map.groupBy(variables, ({ container }) => container)].flatMap(([container, own]) => {
    const proxies = own.filter(
      ({ key, value }) =>
        /^(https?|all)_proxy$/i.test(key) &&
        value.trim() !== '' &&
        !/\/\/(localhost|127\.)|^(localhost|127\.)/.test(value),
    );
    return proxies.length === 0
      ? []
      : [{ container, proxies, exceptions: own.filter(({ key }) => /^no_proxy$/i.test(key)) }];
  });
}

/** Which proxy a request takes: HTTPS_PROXY for https, HTTP_PROXY for the rest, ALL_PROXY where those are not set. */
export const proxyFor = ({ proxies }: ProxySettings, scheme: string | undefined): Setting | undefined =>
  proxies.find(({ key }) => key.toLowerCase() === (scheme === 'https' ? 'https_proxy' : 'http_proxy')) ??
  proxies.find(({ key }) => key.toLowerCase() === 'all_proxy');

export const exceptionsIn = ({ exceptions }: ProxySettings): readonly string[] =>
  exceptions.flatMap(({ value }) => value.split(/[\s,;|]+/)).filter((entry) => entry !== '');

/**
 * Whether a host is excepted: the same name, a domain it ends in, or a CIDR for an address. A name is never resolved for this.
 * Source: golang.org/x/net/http/httpproxy, which curl and Python's requests resemble.
 */
export const isExcepted = (host: string, entries: readonly string[]): boolean =>
  entries.some((entry) => {
    if (entry === '*') return true;
    if (entry.includes('/')) return isInCidr(host, entry);
    const plain = entry
      .toLowerCase()
      .replace(/:\d+$/, '')
      .replace(/^\*?\.?/, '');
    return plain !== '' && (host.toLowerCase() === plain || host.toLowerCase().endsWith(`.${plain}`));
  });
