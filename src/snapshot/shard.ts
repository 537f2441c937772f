/** One of `count` parts of a cluster, counted from 0 as a Job counts its indexes. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/**
 * Whether a namespace, with all that is in it, belongs to the shard. It depends on its name alone (FNV-1a): whatever else comes and goes in
 * the cluster, and whoever asks, every namespace is in exactly one shard.
 */
export function isInShard(namespace: string, { index, count }: Shard): boolean {
  let state = 0x811c9dc5;
  for (const character of namespace) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  // The low bits of FNV-1a are those of the last letters: names that count up would come in turns, or all alike.
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  return ((state ^ (state >>> 13)) >>> 0) % count === index;
}
