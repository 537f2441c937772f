import type { Container, Probe } from './objects.ts';

/** `GET /ready on port http`, `TCP connect to port 5432`, `exec pg_isready`, `gRPC health on port 9000`. */
export function formatProbe(probe: Probe): string {
  if (probe.httpGet) {
    const { scheme = 'HTTP', path = '/', port } = probe.httpGet;
    return `GET ${path} on port ${port}${scheme === 'HTTPS' ? ' (HTTPS)' : ''}`;
  }
  if (probe.tcpSocket) return `TCP connect to port ${probe.tcpSocket.port}`;
  if (probe.grpc) return `gRPC health check on port ${probe.grpc.port}`;
  if (probe.exec) return `exec ${(probe.exec.command ?? []).join(' ')}`;
  return 'without an action';
}

/** The number a probe dials: a name is looked up among the ports of its own container only. */
export function probePortOf(probe: Probe, container: Container): number | undefined {
  const port = probe.httpGet?.port ?? probe.tcpSocket?.port ?? probe.grpc?.port;
  if (typeof port !== 'string') return port;
  const declared = (container.ports ?? []).find(({ name }) => name === port)?.containerPort;
  return declared ?? (/^\d+$/.test(port) ? Number(port) : undefined);
}

/** What kubelet's message about a failed probe says. */
export type ProbeFailure =
  | { readonly kind: 'status'; readonly code: number }
  /** Nothing accepts connections on the port. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'timeout' }
  /** It speaks HTTP to a port that speaks TLS, or the other way round. */
  | { readonly kind: 'expects TLS' | 'expects plain HTTP' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'not serving' | 'no health service' }
  /** Its port is a name that the container does not declare. */
  | { readonly kind: 'unknown port' }
  /** A command that exits with another code than 0, or cannot be run. */
  | { readonly kind: 'command' }
  | { readonly kind: 'unsaid' };

/** Reads a message of kubelet's prober. Source: pkg/kubelet/prober and pkg/probe of Kubernetes. */
export function failureOf(message: string, probe: Probe | undefined): ProbeFailure {
  const status = /statuscode: (\d{3})/.exec(message)?.[1];
  if (status) {
    const https = probe?.httpGet && /443|https/i.test(String(probe.httpGet.port)) && probe.httpGet.scheme !== 'HTTPS';
    return status === '400' && https ? { kind: 'expects TLS' } : { kind: 'status', code: Number(status) };
  }
  if (
    /malformed HTTP (response|status code)|HTTP request to an HTTPS server|transport connection broken/i.test(message)
  )
    return { kind: 'expects TLS' };
  if (/server gave HTTP response to HTTPS client|first record does not look like a TLS handshake/i.test(message))
    return { kind: 'expects plain HTTP' };
  if (/connection refused/i.test(message)) return { kind: 'refused' };
  if (/NOT_SERVING|service unhealthy \(responded/i.test(message)) return { kind: 'not serving' };
  if (/does not implement the grpc health|unknown service grpc\.health/i.test(message))
    return { kind: 'no health service' };
  if (/invalid syntax|couldn't find port|port .* not found|invalid port/i.test(message))
    return { kind: 'unknown port' };
  if (/deadline exceeded|timeout|timed out/i.test(message)) return { kind: 'timeout' };
  if (/no route to host|no such host|unreachable|connection reset|EOF/i.test(message)) return { kind: 'unreachable' };
  if (probe?.exec) return { kind: 'command' };
  return { kind: 'unsaid' };
}

/** What kubelet says after `Readiness probe failed: `. */
export const wordsOf = (message: string): string =>
  message.replace(/^\w+ probe (failed|errored)( and resulted in [^:]*)?:\s*/i, '');
