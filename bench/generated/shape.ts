/** How large a generated cluster is, and which of the many clusters of that size it is. */
export interface ClusterShape {
  readonly services: number;
  /** The same seed gives the same cluster, to the byte. */
  readonly seed?: number;
  /** The share of the Services that are broken; 0.1 unless said otherwise. */
  readonly broken?: number;
  /** How many times its usual 6 KB a Pod is large. */
  readonly bulk?: number;
}

/** Services in one namespace. */
export const servicesInNamespace = 20;

/** Pods of consecutive Services: ten on average. */
export const replicaCycle = [3, 5, 10, 12, 20] as const;

/** Pods that a Node carries, and addresses that it takes them from. */
export const podsOnNode = 100;

/** When everything in the cluster began to run: any run of the benchmark is later. */
export const startedAt = '2026-03-02T08:15:00Z';

/** The time of the Snapshot; a live run takes the server's own. */
export const takenAt = '2026-03-02T12:00:00Z';
