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
