import { distance } from 'fastest-levenshtein';

/** How alike two names are: 0 for the same, up to 1; undefined where nobody would take one for the other. */
export function unlikeness(wanted: string, candidate: string): number | undefined {
  const a = wanted.toLowerCase();
  const b = candidate.toLowerCase();
  const longer = Math.max(a.length, b.length);
  if (longer === 0) return undefined;
  const edits = distance(a, b);
  if (edits <= Math.max(1, Math.min(3, Math.floor(longer / 3)))) return edits / longer;
  // `web-svc` for `web`, `release-web` for `web`: whole words added or left out.
  const contains = (long: readonly string[], short: readonly string[]) => short.every((word) => long.includes(word));
  const words = (name: string) => name.split(/[-_.]/).filter((word) => word !== '');
  return contains(words(a), words(b)) || contains(words(b), words(a)) ? edits / longer : undefined;
}

/** The name that was most likely meant, or undefined where none is near. */
export function nearestName(wanted: string, candidates: readonly string[]): string | undefined {
  let best: { readonly name: string; readonly unlike: number } | undefined;
  for (const name of candidates) {
    const unlike = unlikeness(wanted, name);
    if (unlike !== undefined && (best === undefined || unlike < best.unlike)) best = { name, unlike };
  }
  return best?.name;
}
