import ipaddr from 'ipaddr.js';

/** Whether an address lies in a CIDR; false where either is no such thing, or their families differ. */
export function isInCidr(address: string, cidr: string): boolean {
  if (!ipaddr.isValid(address) || !ipaddr.isValidCIDR(cidr)) return false;
  const parsed = ipaddr.process(address);
  const [network, bits] = ipaddr.parseCIDR(cidr);
  return parsed.kind() === network.kind() && parsed.match(network, bits);
}

/** Whether two CIDRs share an address: one of them then contains the other's first. */
export function cidrsOverlap(a: string, b: string): boolean {
  const [first = ''] = a.split('/');
  const [second = ''] = b.split('/');
  return isInCidr(first, b) || isInCidr(second, a);
}

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
