import { expect, test } from 'vitest';
import { failureOf, formatProbe, probePortOf, wordsOf } from '../../src/k8s/probes.ts';

const http = { httpGet: { path: '/ready', port: 8080 } };

test.each([
  ['HTTP probe failed with statuscode: 503', { kind: 'status', code: 503 }],
  ['Get "http://10.1.1.1:8080/ready": dial tcp 10.1.1.1:8080: connect: connection refused', { kind: 'refused' }],
  [
    'Get "http://10.1.1.1:8080/ready": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    { kind: 'timeout' },
  ],
  [
    'net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x15\\x03\\x01"',
    { kind: 'expects TLS' },
  ],
  ['http: server gave HTTP response to HTTPS client', { kind: 'expects plain HTTP' }],
  ['service unhealthy (responded with "NOT_SERVING")', { kind: 'not serving' }],
  [
    'error: this server does not implement the grpc health protocol (grpc.health.v1.Health)',
    { kind: 'no health service' },
  ],
  ['strconv.Atoi: parsing "web": invalid syntax', { kind: 'unknown port' }],
  ['dial tcp 10.1.1.1:8080: connect: no route to host', { kind: 'unreachable' }],
  ['', { kind: 'unsaid' }],
])('%s', (message, failure) => expect(failureOf(message, http)).toEqual(failure));

test('400 on a port that is called https is a matter of the scheme', () =>
  expect(failureOf('HTTP probe failed with statuscode: 400', { httpGet: { path: '/', port: 8443 } })).toEqual({
    kind: 'expects TLS',
  }));

test('a probe’s port name is looked up in its own container', () => {
  const container = { name: 'web', ports: [{ name: 'http', containerPort: 8080 }] };
  expect(probePortOf({ httpGet: { port: 'http' } }, container)).toBe(8080);
  expect(probePortOf({ httpGet: { port: 'metrics' } }, container)).toBeUndefined();
  expect(probePortOf({ tcpSocket: { port: '9000' } }, container)).toBe(9000);
});

test('a probe and kubelet’s message in words', () => {
  expect(formatProbe(http)).toBe('GET /ready on port 8080');
  expect(formatProbe({ exec: { command: ['pg_isready', '-q'] } })).toBe('exec pg_isready -q');
  expect(wordsOf('Readiness probe failed: dial tcp: refused')).toBe('dial tcp: refused');
});
