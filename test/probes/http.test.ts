import { expect, test } from 'vitest';
import { encodeGet, statusIn } from '../../src/probes/http.ts';

const textOf = (question: Parameters<typeof encodeGet>[0]) => new TextDecoder().decode(encodeGet(question));

test('a request is the probe’s own', () => {
  const text = textOf({
    path: '/ready?full=1',
    host: '10.244.0.7:8080',
    headers: [
      { name: 'X-Probe', value: 'yes' },
      { name: 'Host', value: 'shop.example.com' },
    ],
  });
  expect(text.split('\r\n')).toEqual([
    'GET /ready?full=1 HTTP/1.1',
    'Host: shop.example.com',
    'User-Agent: kube-probe/svcdoctor',
    'Accept: */*',
    'X-Probe: yes',
    'Connection: close',
    '',
    '',
  ]);
});

test('nothing in a spec can make a second request of it', () => {
  const text = textOf({
    path: '/ready\r\nDELETE /',
    host: '10.244.0.7:8080',
    headers: [{ name: 'X-Probe', value: 'a\r\n\r\nGET /admin HTTP/1.1' }],
  });
  expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(text.split('\r\n\r\n')).toHaveLength(2);
});

test.each([
  ['HTTP/1.1 404 Not Found\r\n', 404],
  ['HTTP/1.0 200\r\n', 200],
  ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\n', 503],
  ['HTTP/1.1 100 Continue\r\n', undefined],
  ['HTT', undefined],
  ['', undefined],
  ['HTTP/1.1 4', undefined],
  ['\u0015\u0003\u0001', 'not HTTP'],
  ['220 mail.example.org ESMTP\r\n', 'not HTTP'],
  ['HTTP/1.1 nonsense that never becomes a status line', 'not HTTP'],
])('the status in %j is %s', (beginning, status) => {
  expect(statusIn(beginning)).toBe(status);
});
