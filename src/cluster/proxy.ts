import { isIP } from 'node:net';

/**
 * The proxy that the environment names for a server (HTTPS_PROXY, HTTP_PROXY, NO_PROXY, also in small letters); undefined where there is none.
 * Loopback addresses are never proxied. Source: golang.org/x/net/http/httpproxy, which kubectl uses.
 */
export function proxyFor(server: URL, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { hostname, port, protocol } = server;
  const host = hostname.replace(/^\[|\]$/g, '');
  const proxy =
    protocol === 'https:' ? (env['HTTPS_PROXY'] ?? env['https_proxy']) : (env['HTTP_PROXY'] ?? env['http_proxy']);
  if (!proxy || isLoopback(host)) return undefined;
  const exempt = (env['NO_PROXY'] ?? env['no_proxy'] ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
  if (exempt.some((entry) => exempts(entry, host, port || (protocol === 'https:' ? '443' : '80')))) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);

function exempts(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const [, name = entry, itsPort] = /^(.*[^:]):(\d+)$/.exec(entry) ?? [];
  if (itsPort !== undefined && itsPort !== port) return false;
  if (name.includes('/')) return isIP(host) === 4 && inNetwork(host, name);
  const domain = name.replace(/^\*?\./, '');
  return (host === domain && !name.startsWith('.')) || (isIP(host) === 0 && host.endsWith(`.${domain}`));
}

function inNetwork(address: string, network: string): boolean {
  const [base = '', length = ''] = network.split('/');
  if (isIP(base) !== 4 || !/^\d+$/.test(length)) return false;
  const numberOf = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Math.min(Number(length), 32));
  return Math.floor(numberOf(address) / size) === Math.floor(numberOf(base) / size);
}
