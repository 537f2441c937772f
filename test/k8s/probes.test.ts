import { expect, test } from 'vitest';
import {
  failureOf,
  formatProbe,
  isTlsPort,
  mayBePlainOnTls,
  plainHttpLineIn,
  probePortOf,
  reportsTheApp,
  wordsOf,
} from '../../src/k8s/probes.ts';

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

test('plain HTTP on a TLS port: by the answer, the port and the log', () => {
  const bad = { kind: 'status', code: 400 } as const;
  const https = { httpGet: { port: 9090, scheme: 'HTTPS' } } as const;
  expect(mayBePlainOnTls(bad, '', http)).toBe(true);
  expect(mayBePlainOnTls(bad, '', https)).toBe(false);
  expect(mayBePlainOnTls({ kind: 'status', code: 404 }, '', http)).toBe(false);
  expect(mayBePlainOnTls({ kind: 'unreachable' }, 'Get "http://10.1.1.1:9200/": EOF', http)).toBe(true);
  const container = { name: 'web', ports: [{ name: 'https-metrics', containerPort: 9090 }] };
  expect(isTlsPort({ httpGet: { port: 9090 } }, container)).toBe(true);
  expect(isTlsPort({ httpGet: { port: 8443 } }, container)).toBe(true);
  expect(isTlsPort({ httpGet: { port: 8080 } }, container)).toBe(false);
  const line =
    '2026/03/02 09:59:30 http: TLS handshake error from 10.244.1.1:37448: client sent an HTTP request to an HTTPS server';
  expect(plainHttpLineIn(`ready\n${line}\n`)).toBe(line);
  expect(plainHttpLineIn('ready\n')).toBeUndefined();
});

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

test('a probe that works and hears bad news', () => {
  const failed = (message: string) => reportsTheApp({ kind: 'command' }, message);
  expect(reportsTheApp({ kind: 'status', code: 503 }, '')).toBe(true);
  expect(reportsTheApp({ kind: 'status', code: 404 }, '')).toBe(false);
  expect(reportsTheApp({ kind: 'refused' }, '')).toBe(false);
  expect(failed('cat: /tmp/ready: No such file or directory')).toBe(true);
  expect(failed('/bin/sh: pg_isready: not found')).toBe(false);
  expect(failed('exec: "pg_isready": executable file not found in $PATH')).toBe(false);
});
