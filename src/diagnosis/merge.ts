import type { Report, ReportList } from './report.ts';

/** What was made of several reports, or why nothing can be. */
export type Merged =
  | { readonly state: 'merged'; readonly reports: readonly Report[] }
  /** These shards of a cluster are not among them. */
  | { readonly state: 'incomplete'; readonly missing: readonly string[] }
  /** They come from runs that shared out the cluster differently. */
  | { readonly state: 'mixed'; readonly counts: readonly number[] }
  /** Two of them say different things about one target. */
  | { readonly state: 'contradictory'; readonly target: string };

/** One report of several: each target once, in the order in which a run over all namespaces tells them. */
export function merge(parts: readonly (Report | ReportList)[]): Merged {
  const shards = parts.flatMap((part) => (part.kind === 'ReportList' && part.shard !== undefined ? [part.shard] : []));
  const counts = [...new Set(shards.map((shard) => Number(shard.split('/')[1])))];
  if (counts.length > 1) return { state: 'mixed', counts };
  const missing = Array.from({ length: counts[0] ?? 0 }, (_, index) => `${index}/${counts[0]}`).filter(
    (shard) => !shards.includes(shard),
  );
  if (missing.length > 0) return { state: 'incomplete', missing };
  const byTarget = new Map<string, Report>();
  for (const report of parts.flatMap((part) => (part.kind === 'ReportList' ? part.items : [part]))) {
    const name = `${report.target} ${report.from ?? ''}`;
    const known = byTarget.get(name);
    if (known && JSON.stringify(known) !== JSON.stringify(report))
      return { state: 'contradictory', target: report.target };
    byTarget.set(name, report);
  }
  return { state: 'merged', reports: [...byTarget.values()].sort(inOrder) };
}

/** By namespace, then by name: not by the text of both, in which a hyphen comes before the slash. */
function inOrder(a: Report, b: Report): number {
  const [namespaceA = '', nameA = ''] = a.target.split('/');
  const [namespaceB = '', nameB = ''] = b.target.split('/');
  return compare(namespaceA, namespaceB) || compare(nameA, nameB);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
