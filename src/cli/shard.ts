import type { Shard } from '../snapshot/shard.ts';
import { UserError } from '../snapshot/user-error.ts';

/** `0/4` … `3/4`. Throws a UserError where it is no shard, or not all of the cluster is asked for. */
export function parseShard(text: string, allNamespaces: boolean): Shard {
  const [index, count] = /^\d{1,6}\/\d{1,6}$/.test(text) ? text.split('/').map(Number) : [];
  if (index === undefined || count === undefined || index >= count)
    throw new UserError('bad-option', `--shard ${text} is no shard`, {
      hint:
        count === undefined || count === 0
          ? 'write INDEX/COUNT: --shard 0/4, 1/4, 2/4 and 3/4 share out a cluster among four'
          : `shards are counted from 0, as the indexes of a Job are: 0/${count} to ${count - 1}/${count}`,
    });
  if (!allNamespaces)
    throw new UserError('bad-option', '--shard shares out all namespaces: it goes with -A', {
      hint: `add -A, or leave out --shard ${text}`,
    });
  return { index, count };
}

export const formatShard = ({ index, count }: Shard): string => `${index}/${count}`;
