import type { KubeObject, Protocol } from '../k8s/objects.ts';

export const snapshotVersion = 'svcdoctor/v1';

/** What was seen of a cluster, as plain wire JSON. The one input of every diagnosis, live or from a file. */
export interface Snapshot {
  readonly apiVersion: typeof snapshotVersion;
  readonly kind: 'Snapshot';
  /** "Now" for everything that depends on time, in RFC 3339. Absent: the newest timestamp among the objects. */
  readonly takenAt?: string;
  readonly serverVersion?: string;
  /** The Services, as `namespace/name`, that it was taken for; absent: whatever is in it. */
  readonly targets?: readonly string[];
  /** The client, as `namespace/Kind/name`, that it was taken for. */
  readonly from?: string;
  /** `complete`: whatever is not in `objects` does not exist. Absent (a plain file of objects): it is unknown. */
  readonly coverage?: 'complete' | readonly Coverage[];
  readonly objects: readonly KubeObject[];
  readonly observations: readonly Observation[];
}

/** How reading one kind of object went, in some namespaces. */
export interface Coverage {
  readonly group: string;
  readonly resource: string;
  readonly namespaces: 'all' | readonly string[];
  readonly state: 'read' | 'forbidden' | 'notServed' | 'failed';
  /** Only objects with these names were asked for. */
  readonly names?: readonly string[];
  /** Only objects with these labels were asked for, in kubectl's form. */
  readonly labelSelector?: string;
  /** Only objects with this value in a field were asked for, as `spec.clusterIP=10.96.0.7`. */
  readonly fieldSelector?: string;
  /** What the server said, where it did not answer. */
  readonly detail?: string;
}

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** Where a probe started: inside a Pod, on a node (in some Pod there), or from us through a port-forward. */
export type Vantage = { readonly pod: PodName } | { readonly node: string } | { readonly portForward: true };

export type DnsServer = { readonly pod: PodName } | { readonly resolverOf: PodName } | { readonly clusterDNS: true };

export interface Socket {
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
}

/** The complete table of listening sockets in a Pod's network namespace. */
export interface Listeners {
  readonly kind: 'Listeners';
  readonly pod: PodName;
  readonly sockets: readonly Socket[];
}

export interface Connect {
  readonly kind: 'Connect';
  readonly from: Vantage;
  readonly to: Socket;
  readonly outcome: 'connected' | 'refused' | 'timeout' | 'reset';
  readonly milliseconds?: number;
}

export interface Lookup {
  readonly kind: 'Lookup';
  readonly from: Vantage;
  readonly server: DnsServer;
  readonly transport: 'udp' | 'tcp';
  readonly name: string;
  readonly type: string;
  readonly outcome: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'timeout';
  readonly answers?: readonly { readonly type: string; readonly data: string }[];
  readonly milliseconds?: number;
}

export interface ResolvConf {
  readonly kind: 'ResolvConf';
  readonly pod: PodName;
  readonly text: string;
}

export interface Log {
  readonly kind: 'Log';
  readonly pod: PodName;
  readonly container?: string;
  readonly previous: boolean;
  readonly text: string;
}

export interface HttpGet {
  readonly kind: 'HttpGet';
  readonly pod: PodName;
  readonly port: number;
  readonly path: string;
  readonly status: number;
  /** Absent: HTTP. */
  readonly scheme?: 'HTTPS';
}

/** What a server says of its health by grpc.health.v1. */
export interface GrpcHealth {
  readonly kind: 'GrpcHealth';
  readonly pod: PodName;
  readonly port: number;
  /** Absent: the server as a whole. */
  readonly service?: string;
  /** A ServingStatus, or the gRPC status of a call that failed: `SERVING`, `NOT_SERVING`, `NOT_FOUND`, `UNIMPLEMENTED`. */
  readonly status: string;
}

export interface Exec {
  readonly kind: 'Exec';
  readonly pod: PodName;
  readonly command: readonly string[];
  readonly exitCode: number;
  readonly output: string;
}

/** One answer of a probe. */
export type Observation = Listeners | Connect | Lookup | ResolvConf | Log | HttpGet | GrpcHealth | Exec;
export type ObservationKind = Observation['kind'];
