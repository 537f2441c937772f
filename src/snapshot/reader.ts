import type { KubeObject } from '../k8s/objects.ts';
import type { Resource, ResourceKey } from '../k8s/resources.ts';

/** Which objects are asked for: of one namespace or all, one by its name, or those with some labels. */
export interface Question {
  readonly resource: Resource;
  readonly version: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** What to keep of each object: a list is reduced page by page, so that it is never in memory whole. */
  readonly keep?: (object: KubeObject) => KubeObject;
  /** Told after every page all that was read of the list so far, in the server's order: namespace by namespace. */
  readonly onPage?: (objects: readonly KubeObject[]) => void;
}

/** `read`: these are all there are. Everything else says why nobody knows. */
export type Answer =
  | { readonly state: 'read'; readonly objects: readonly KubeObject[] }
  | { readonly state: 'forbidden' | 'notServed' | 'failed'; readonly detail: string };

export type LogAnswer =
  | { readonly state: 'read'; readonly text: string }
  | { readonly state: 'forbidden' | 'failed'; readonly detail: string };

export interface ContainerName {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

export interface ServerInfo {
  readonly serverVersion?: string;
  /** The server's clock, in RFC 3339: the one that its objects' timestamps were written with. */
  readonly time: string;
}

/** Reads a cluster and changes nothing. Throws only where nothing at all can be read: unreachable, or credentials rejected. */
export interface Reader {
  about(signal: AbortSignal): Promise<ServerInfo>;
  /** The versions served of the kinds named; undefined where the server does not tell. */
  served(
    keys: readonly ResourceKey[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<ResourceKey, readonly string[]> | undefined>;
  read(question: Question, signal: AbortSignal): Promise<Answer>;
  /** The last lines that a container wrote: of the run that goes on, or of the one before it. */
  log(container: ContainerName, run: 'current' | 'previous', signal: AbortSignal): Promise<LogAnswer>;
}
