import type { GrpcEnd } from './grpc.ts';
import type { PodName } from '../snapshot/snapshot.ts';

/** How probes reach into a cluster. Owned here, because it is they who need it; `cluster/` implements it. */
export interface ProbeTransport {
  /**
   * A connection to ports on the loopback of a Pod, as `kubectl port-forward` makes it. Resolves as soon as the Pod's node is reached: whether
   * anybody accepts, each port tells. Throws a ProbeFailed where it is not the Pod that says no.
   */
  forward(pod: PodName, ports: readonly number[], signal: AbortSignal): Promise<Forward>;
  /** TLS over a port of a forward, whoever answers. Throws a ConnectionRefused, or a ProbeFailed where the port speaks no TLS. */
  secure(port: ForwardedPort, signal: AbortSignal): Promise<ForwardedPort>;
  /** One unary gRPC call over a port of a forward, without TLS. Throws as `secure` does. */
  call(
    port: ForwardedPort,
    call: { readonly authority: string; readonly path: string; readonly message: Uint8Array },
    signal: AbortSignal,
  ): Promise<GrpcEnd>;
  /** Runs a command in a container and waits for its end. Throws a ProbeFailed where it could not even be started. */
  exec(container: ContainerOf, command: readonly string[], signal: AbortSignal): Promise<CommandEnd>;
  /**
   * Adds a container to a running Pod, waits for its end and returns what it printed. It shares the Pod's network, and stays in its spec for ever.
   * Throws a ProbeFailed where it is not admitted or does not start.
   */
  debug(container: ContainerOf, image: string, command: readonly string[], signal: AbortSignal): Promise<string>;
}

export interface ContainerOf extends PodName {
  readonly container: string;
}

export interface CommandEnd {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Forward extends Disposable {
  /** In the order in which they were asked for. */
  readonly ports: readonly ForwardedPort[];
}

export interface ForwardedPort {
  readonly port: number;
  /** Whether the Pod accepts: `refused` is its own word, `connected` that none came in the time that a refusal takes. */
  accepted(signal: AbortSignal): Promise<'connected' | 'refused'>;
  send(bytes: Uint8Array): void;
  /** What comes back, until the other side closes. Throws a ConnectionRefused or a ProbeFailed. */
  readonly received: AsyncIterable<Uint8Array>;
}

/** Why a probe came to nothing without the Service having any part in it. */
export type FailureReason =
  /** RBAC, or an admission rule. */
  | 'forbidden'
  /** The Pod or container is gone, or does not run. */
  | 'gone'
  /** The API server does not reach the kubelet, or the kubelet its runtime. */
  | 'no-kubelet'
  /** The server does not speak WebSocket for this, or nothing that we speak. */
  | 'unsupported'
  /** The image has no such program. */
  | 'no-program'
  /** No answer in the time that one probe may take. */
  | 'timeout'
  /** The stream was cut half-way. */
  | 'cut';

export class ProbeFailed extends Error {
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProbeFailed';
    this.reason = reason;
  }
}

/** Nobody listens on that port of the Pod's loopback. */
export class ConnectionRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConnectionRefused';
  }
}
