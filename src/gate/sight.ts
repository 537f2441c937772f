import type { KubeObject } from '../k8s/objects.ts';
import type { ClusterView } from '../snapshot/cluster-view.ts';
import type { Bell } from './bell.ts';
import { follow, type Follower } from './follow.ts';
import { describe, sceneOf, tellingTopics } from './scene.ts';
import type { Topic, Watcher } from './watcher.ts';

/** The cluster as it is followed. The bell rings whenever something of this changes. */
export interface Sight {
  view(): ClusterView;
  /** Whether everything that decides has been seen once. */
  isComplete(): boolean;
  /** What cannot be followed at the moment, in words. */
  troubles(): readonly string[];
  /** What ends it for good. */
  fatal(): unknown;
  /** Whether something changed since this was last asked that may be a new cause. */
  hasStirred(): boolean;
  /** From now on the bell also rings for what happens to the Pods of a namespace. */
  lookCloser(namespace: string): void;
  /** Reads all that decides once more, at once: a watch may be silent. False where that did not succeed. */
  confirm(signal: AbortSignal): Promise<boolean>;
}

/** Follows these topics, each with watches of so many seconds, until the signal ends it. */
export function sightOf(
  watcher: Watcher,
  deciding: readonly Topic[],
  seconds: number,
  bell: Bell,
  signal: AbortSignal,
): Sight {
  const scene = sceneOf();
  const unseen = new Set(deciding);
  const troubles = new Map<Topic, string>();
  const close = new Set<string>();
  let stirred = true;
  let fatal: unknown;
  const stir = () => {
    stirred = true;
    bell.ring();
  };
  const decider = (topic: Topic): Follower => ({
    listed(objects: readonly KubeObject[]) {
      scene.listed(topic, objects);
      unseen.delete(topic);
      stir();
    },
    changed(type, object) {
      scene.changed(topic, type, object);
      stir();
    },
    trouble(detail) {
      if (detail === undefined ? troubles.delete(topic) : troubles.get(topic) !== detail) {
        if (detail !== undefined) troubles.set(topic, detail);
        bell.ring();
      }
    },
  });
  for (const topic of deciding)
    follow(watcher, topic, seconds, decider(topic), signal).catch((error: unknown) => {
      fatal ??= error;
      bell.ring();
    });
  return {
    view: () => scene.view(),
    isComplete: () => unseen.size === 0,
    troubles: () => [...troubles].map(([topic, detail]) => `${describe(topic)}: ${detail}`),
    fatal: () => fatal,
    hasStirred() {
      const had = stirred;
      stirred = false;
      return had;
    },
    lookCloser(namespace) {
      if (close.has(namespace)) return;
      close.add(namespace);
      for (const topic of tellingTopics(namespace)) {
        let first = true;
        const listed = () => {
          if (!first) stir();
          first = false;
        };
        // Who may not watch these hears of causes later, not of less.
        follow(watcher, topic, seconds, { listed, changed: stir, trouble: () => {} }, signal).catch(() => {});
      }
    },
    async confirm(within) {
      const read = deciding.map(async (topic) => ({ topic, answer: await watcher.list(topic, within) }));
      const answers = await Promise.all(read).catch(() => []);
      for (const { topic, answer } of answers) if (answer.state === 'read') scene.listed(topic, answer.objects);
      return answers.length === deciding.length && answers.every(({ answer }) => answer.state === 'read');
    },
  };
}
