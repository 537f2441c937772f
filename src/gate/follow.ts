import type { KubeObject } from '../k8s/objects.ts';
import { UserError } from '../snapshot/user-error.ts';
import { pause } from './pause.ts';
import type { Refused, Topic, Watcher } from './watcher.ts';

/** What somebody who follows a topic hears. */
export interface Follower {
  /** These are all there are. */
  listed(objects: readonly KubeObject[]): void;
  changed(type: 'put' | 'gone', object: KubeObject): void;
  /** undefined: what was heard last is up to date, as far as the server tells. */
  trouble(detail: string | undefined): void;
}

/** What the person must change before the gate can look: the server's own words, and the permissions it takes. */
export const refusedTopic = ({ state, detail }: Refused): UserError =>
  new UserError(state === 'forbidden' ? 'forbidden' : 'failed', detail, {
    hint: 'the gate needs list on services and endpointslices, with --wait also watch; kubectl auth can-i watch endpointslices -n NAMESPACE',
  });

/**
 * Follows a topic until the signal ends it: one list, then one watch after the other, each from where the last ended; a new list only where
 * the server has forgotten that place. A lost connection, a restart or a server under load is waited out, with pauses from a quarter of a
 * second to four. Throws a UserError where it may not be read, or where there is no cluster at all.
 */
export async function follow(
  watcher: Watcher,
  topic: Topic,
  seconds: number,
  follower: Follower,
  signal: AbortSignal,
): Promise<void> {
  let version: string | undefined;
  let failures = 0;
  const failed = async (detail: string, milliseconds = 250 * 2 ** Math.min(failures, 4)) => {
    failures += 1;
    follower.trouble(detail);
    await pause(milliseconds, signal);
  };
  while (!signal.aborted) {
    if (version === undefined) {
      const answer = await listing(watcher, topic, signal);
      if (answer.state === 'read') {
        follower.listed(answer.objects);
        follower.trouble(undefined);
        version = answer.resourceVersion;
      } else if (answer.state === 'failed') await failed(answer.detail);
      else throw refusedTopic(answer);
      continue;
    }
    const begun = Date.now();
    const { version: seen, heard, ended } = await watching(watcher, topic, version, seconds, follower, signal);
    version = seen;
    if (heard || Date.now() - begun > 2_000) failures = 0;
    if (signal.aborted) return;
    if (ended.end === 'expired') version = undefined;
    else if (ended.end === 'busy') await failed('the API server asks for patience', ended.milliseconds);
    else if (ended.end === 'cut') await failed(ended.detail);
    else if (ended.end === 'refused' && ended.state !== 'failed') throw refusedTopic(ended);
    else if (ended.end === 'refused') await failed(ended.detail);
    else if (Date.now() - begun < 500) await failed('the API server ends every watch at once');
  }
}

/** What a list brought; a connection that broke meanwhile, or an answer that did not come, is a failed one. */
export async function listing(watcher: Watcher, topic: Topic, signal: AbortSignal) {
  try {
    return await watcher.list(topic, signal);
  } catch (error) {
    if (signal.aborted || error instanceof UserError) throw error;
    return { state: 'failed', detail: messageOf(error) } as const;
  }
}

async function watching(
  watcher: Watcher,
  topic: Topic,
  from: string,
  seconds: number,
  follower: Follower,
  signal: AbortSignal,
) {
  let version = from;
  let heard = false;
  const ended = await watcher.watch(
    topic,
    from,
    seconds,
    {
      opened: () => follower.trouble(undefined),
      event: ({ type, object }) => {
        heard = true;
        version = object.metadata.resourceVersion ?? version;
        if (type !== 'BOOKMARK') follower.changed(type === 'DELETED' ? 'gone' : 'put', object);
      },
    },
    signal,
  );
  return { version, heard, ended };
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
