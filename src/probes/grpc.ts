/** One health check as the kubelet sends it for a gRPC probe. */
export interface HealthQuestion {
  /** The Pod's address and port. */
  readonly authority: string;
  /** Empty: the server as a whole. */
  readonly service: string;
}

/** How a unary call ended. */
export interface GrpcEnd {
  /** As in grpc-status: 0 is OK. */
  readonly status: number;
  /** The one message of a call that succeeded. */
  readonly message?: Uint8Array;
}

export const healthPath = '/grpc.health.v1.Health/Check';

/** HealthCheckRequest behind its five bytes of framing. Source: grpc/doc/health-checking.md and PROTOCOL-HTTP2.md. */
export function encodeHealthQuestion(service: string): Uint8Array {
  const name = new TextEncoder().encode(service);
  const message = name.length === 0 ? [] : [0x0a, ...varint(name.length), ...name];
  return Uint8Array.from([0, 0, 0, message.length >> 8, message.length & 0xff, ...message]);
}

const varint = (value: number): readonly number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)];

const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

/** What a server says of its health; NOT_FOUND where it does not know the service, UNIMPLEMENTED where it knows no health checks. */
export type Health = (typeof servingStatuses)[number] | 'NOT_FOUND' | 'UNIMPLEMENTED';

/** Undefined where the end of the call tells nothing of the server's health. */
export function healthIn({ status, message }: GrpcEnd): Health | undefined {
  if (status === 5) return 'NOT_FOUND';
  if (status === 12) return 'UNIMPLEMENTED';
  if (status !== 0 || !message || message.length < 5) return undefined;
  // An enum that is 0 is not written at all.
  const [tag, value = 0] = message.subarray(5);
  return tag === undefined ? 'UNKNOWN' : tag === 0x08 ? servingStatuses[value] : undefined;
}
