import ipaddr from 'ipaddr.js';

/** Whether an address lies in a CIDR; false where either is no such thing, or their families differ. */
export function isInCidr(address: string, cidr: string): boolean {
  if (!ipaddr.isValid(address) || !ipaddr.isValidCIDR(cidr)) return false;
  const parsed = ipaddr.process(address);
  const [network, bits] = ipaddr.parseCIDR(cidr);
  return parsed.kind() === network.kind() && parsed.match(network, bits);
}

/** Which of many ranges hold an address, as a look-up: a cluster has one for each node. In their order. */
export function rangesHolding<T extends { readonly cidr: string }>(
  ranges: readonly T[],
): (address: string) => readonly T[] {
  const lengths = new Map<string, number>();
  const index = new Map<string, T[]>();
  for (const range of ranges) {
    // Asked without a family, the library tries IPv6 first, with expressions that take longer than all the rest.
    const family = range.cidr.includes(':') ? ipaddr.IPv6 : ipaddr.IPv4;
    if (!family.isValidCIDR(range.cidr)) continue;
    const [network, bits] = family.parseCIDR(range.cidr);
    lengths.set(`${network.kind()} ${bits}`, bits);
    const key = prefixOf(network, bits);
    const held = index.get(key);
    if (held) held.push(range);
    else index.set(key, [range]);
  }
  return (address) => {
    const isSix = address.includes(':');
    if (!(isSix ? ipaddr.IPv6 : ipaddr.IPv4).isValid(address)) return [];
    const parsed = isSix ? ipaddr.process(address) : ipaddr.IPv4.parse(address);
    const found = [...lengths].flatMap(([kind, bits]) =>
      kind.startsWith(parsed.kind()) ? (index.get(prefixOf(parsed, bits)) ?? []) : [],
    );
    return found.length < 2 ? found : ranges.filter((range) => found.includes(range));
  };
}

const prefixOf = (address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): string =>
  `${bits} ${address
    .toByteArray()
    .map((byte, index) => (index * 8 + 8 <= bits ? byte : index * 8 >= bits ? 0 : byte & (0xff << (8 - (bits % 8)))))
    .join('.')}`;

/** An address of the internet at large: not private, shared, link-local or of the machine itself. */
export const isPublic = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.parse(address).range() === 'unicast';

/** Whether an address lies in `192.168.10.200-192.168.10.220`, both ends included. */
export function isInRange(address: string, range: string): boolean {
  const [first = '', last = ''] = range.split('-').map((end) => end.trim());
  if (![address, first, last].every((each) => ipaddr.isValid(each))) return false;
  const [own, from, to] = [address, first, last].map((each) => ipaddr.parse(each).toByteArray());
  return own !== undefined && from !== undefined && to !== undefined && !isBefore(own, from) && !isBefore(to, own);
}

/** Byte by byte; of another family nothing is before anything, and both ends of a range rule it out. */
function isBefore(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return true;
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}
