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
  | { readonly kind: 'not serving' | 'no health service' | 'unknown service' }
  /** Its port is a name that the container does not declare. */
  | { readonly kind: 'unknown port' }
  /** A command that exits with another code than 0, or cannot be run. */
  | { readonly kind: 'command' }
  | { readonly kind: 'unsaid' };

/** Reads a message of kubelet's prober. Source: pkg/kubelet/prober and pkg/probe of Kubernetes. */
export function failureOf(message: string, probe: Probe | undefined): ProbeFailure {
  const status = /statuscode: (\d{3})/.exec(message)?.[1];
  if (status) return { kind: 'status', code: Number(status) };
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
  if (/code = NotFound\b|SERVICE_UNKNOWN/.test(message)) return { kind: 'unknown service' };
  if (/invalid syntax|couldn't find port|port .* not found|invalid port/i.test(message))
    return { kind: 'unknown port' };
  if (/deadline exceeded|timeout|timed out/i.test(message)) return { kind: 'timeout' };
  if (/no route to host|no such host|unreachable|connection reset|EOF/i.test(message)) return { kind: 'unreachable' };
  if (probe?.exec) return { kind: 'command' };
  return { kind: 'unsaid' };
}

/** Whether the probe itself works: it asks the right place, and hears that the app is not ready. A command that cannot run does not. */
export const reportsTheApp = (failure: ProbeFailure, message: string): boolean =>
  (failure.kind === 'status' && failure.code >= 500) ||
  failure.kind === 'not serving' ||
  failure.kind === 'unsaid' ||
  (failure.kind === 'command' && !commandCannotRun.test(message));

const commandCannotRun =
  /executable file not found|:\s*(command )?not found\b|permission denied|exec format error|OCI runtime|exec: "/i;

/** Lines with which servers tell that somebody spoke plain HTTP to their TLS port: Go, nginx, OpenSSL, Netty, Tomcat. */
const plainOnTls =
  /client sent an HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port|SSL routines:.*:http request|not an SSL\/TLS record|combination of host and port requires TLS/i;

/** The last line of a log that tells of plain HTTP on a TLS port. */
export const plainHttpLineIn = (log: string): string | undefined =>
  log.split('\n').findLast((line) => plainOnTls.test(line));

/** The last line of a log that tells of a Host header which the app does not allow: Django, Rails, webpack and Vite. */
export const refusedHostLineIn = (log: string): string | undefined =>
  log
    .split('\n')
    .findLast((line) =>
      /Invalid HTTP_HOST header|DisallowedHost|ALLOWED_HOSTS|Blocked hosts?:|Invalid Host header/i.test(line),
    );

/** Whether a failure is one that a TLS port gives to plain HTTP: Go's server answers 400, others hang up. */
export const mayBePlainOnTls = (failure: ProbeFailure, message: string, probe: Probe | undefined): boolean =>
  probe?.httpGet !== undefined &&
  probe.httpGet.scheme !== 'HTTPS' &&
  ((failure.kind === 'status' && failure.code === 400) ||
    (failure.kind === 'unreachable' && /EOF|connection reset/.test(message)) ||
    failure.kind === 'unsaid');

/** Whether the port of a probe is called after TLS (`https`, `web-tls`), or has a number that servers use for it: 443, 8443, … */
export function isTlsPort(probe: Probe, container: Container): boolean {
  const number = probePortOf(probe, container);
  const names = [
    probe.httpGet?.port,
    ...(container.ports ?? []).filter(({ containerPort }) => containerPort === number).map(({ name }) => name),
  ];
  return (
    number === 443 || /^\d{1,2}443$/.test(String(number)) || names.some((name) => /https|tls|ssl/i.test(`${name}`))
  );
}

/** What kubelet says after `Readiness probe failed: `. */
export const wordsOf = (message: string): string =>
  message.replace(/^\w+ probe (failed|errored)( and resulted in [^:]*)?:\s*/i, '');
