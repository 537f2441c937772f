/** A uid as the API server writes them, the same for the same words. */
export function uidOf(...words: readonly string[]): string {
  const hex = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35].map((basis) => hash(words.join('/'), basis)).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** Letters and digits that Kubernetes puts behind generated names, the same for the same words. */
export function suffixOf(length: number, ...words: readonly string[]): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  const text = words.join('/');
  return Array.from(
    { length },
    (_, place) => alphabet[Number.parseInt(hash(text, 0x811c9dc5 + place * 7919), 16) % alphabet.length],
  ).join('');
}

/** As many hexadecimal digits as a digest has. */
export const digestOf = (...words: readonly string[]): string =>
  [1, 2].map((half) => uidOf(...words, String(half)).replaceAll('-', '')).join('');

/** FNV-1a with a last mix, as eight hexadecimal digits. */
function hash(text: string, basis: number): string {
  let state = basis >>> 0;
  for (let place = 0; place < text.length; place += 1) state = Math.imul(state ^ text.charCodeAt(place), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x7feb352d);
  return ((state ^ (state >>> 15)) >>> 0).toString(16).padStart(8, '0');
}
