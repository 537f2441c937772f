import type { KubeObject } from '../k8s/objects.ts';

/** Where an object is, or would be. */
export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** A manifest: an object as we want it, with whatever fields its kind has. */
export type Manifest = KubeObject & Readonly<Record<string, unknown>>;

export interface ApplyOptions {
  /** Takes over the fields that others have set. */
  readonly force: boolean;
  /** Asks the server what would happen, and changes nothing. */
  readonly dryRun: boolean;
}

/** What became of a write, or why nothing did. */
export type Written =
  | { readonly state: 'created' | 'configured' | 'unchanged'; readonly object: KubeObject }
  | { readonly state: 'conflict'; readonly fields: readonly { readonly manager: string; readonly path: string }[] }
  | { readonly state: 'refused'; readonly status: number; readonly message: string };

/** What a look without permission ends with; everything else is there or is not. */
export type Looked<T> =
  | { readonly state: 'found'; readonly object: T }
  | { readonly state: 'absent' }
  | { readonly state: 'forbidden'; readonly message: string };

/** The objects of a namespace, whatever their kind but Secrets, without what is in them; and the kinds of which nobody could see whether it holds any. */
export interface Everything {
  readonly objects: readonly KubeObject[];
  readonly unseen: readonly string[];
}

export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** The cluster, as the demo uses it: the one interface through which anything is written. Throws UserErrors. */
export interface DemoCluster {
  /** Labels, annotations and such of an object, never what is in it: also a Secret's, without a permission to read it. */
  look(name: ObjectName, signal: AbortSignal): Promise<Looked<KubeObject>>;
  get<T extends KubeObject>(name: ObjectName, signal: AbortSignal): Promise<T | undefined>;
  /** Objects of one kind in a namespace; `labels` as in `kubectl get -l`. */
  list<T extends KubeObject>(
    kind: { readonly apiVersion: string; readonly kind: string },
    namespace: string,
    labels: string,
    signal: AbortSignal,
  ): Promise<readonly T[]>;
  everythingIn(namespace: string, signal: AbortSignal): Promise<Everything>;
  /** Server-side apply with our own field manager. */
  apply(manifest: Manifest, options: ApplyOptions, signal: AbortSignal): Promise<Written>;
  /** Makes an object that exists exactly what the manifest says, whoever has added what. */
  replace(manifest: Manifest, signal: AbortSignal): Promise<Written>;
  /** Deletes this very object and what hangs on it; false where it is gone already. */
  remove(object: KubeObject, signal: AbortSignal): Promise<boolean>;
  log(
    container: { readonly namespace: string; readonly pod: string; readonly container: string },
    signal: AbortSignal,
  ): Promise<string>;
  /** An HTTP GET through a port-forward to a Pod. */
  getHttp(target: PodPort, path: string, signal: AbortSignal): Promise<HttpAnswer>;
  /** Sends bytes through a port-forward and returns what comes back, as soon as it is complete. */
  exchange(
    target: PodPort,
    request: Uint8Array,
    isComplete: (answer: Uint8Array) => boolean,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
}
