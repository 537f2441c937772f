import type { KubeObject } from '../k8s/objects.ts';
import type { Resource } from '../k8s/resources.ts';

/** Objects of one kind that are followed: of one namespace or all, narrowed as kubectl's -l and --field-selector do. */
export interface Topic {
  readonly resource: Resource;
  readonly version: string;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface Refused {
  readonly state: 'forbidden' | 'notServed' | 'failed';
  readonly detail: string;
}

/** All there is of a topic, and from which version on to watch. */
export type Listed =
  | { readonly state: 'read'; readonly objects: readonly KubeObject[]; readonly resourceVersion: string }
  | Refused;

export interface WatchEvent {
  /** A bookmark is an object with nothing but a newer version. */
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
}

/**
 * How a watch ended. `over`: as agreed, after the seconds asked for. `cut`: the connection broke, or nothing came when the server should have
 * ended it. `expired`: the version is older than the server remembers (410). `busy`: the server asks for patience, in milliseconds (429, 503).
 */
export type WatchEnd =
  | { readonly end: 'over' | 'expired' }
  | { readonly end: 'cut'; readonly detail: string }
  | { readonly end: 'busy'; readonly milliseconds: number }
  | ({ readonly end: 'refused' } & Refused);

export interface WatchListener {
  /** The server has taken the watch. */
  opened(): void;
  event(event: WatchEvent): void;
}

/** Lists and watches; changes nothing. Of what the network does, `list` throws and `watch` tells. */
export interface Watcher {
  list(topic: Topic, signal: AbortSignal): Promise<Listed>;
  /** Resolves when the watch is over, after so many seconds at the latest. */
  watch(
    topic: Topic,
    resourceVersion: string,
    seconds: number,
    listener: WatchListener,
    signal: AbortSignal,
  ): Promise<WatchEnd>;
}
