import { expect, test } from 'vitest';
import { proxyFor } from '../../src/cluster/proxy.ts';

const proxied = (server: string, noProxy = '') =>
  proxyFor(new URL(server), { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: noProxy }) !== undefined;

test('HTTPS_PROXY is for everything but this machine', () => {
  expect(proxied('https://10.0.0.1:6443')).toBe(true);
  expect(proxied('https://127.0.0.1:6443')).toBe(false);
  expect(proxied('https://localhost:6443')).toBe(false);
  expect(proxied('https://[::1]:6443')).toBe(false);
});

test('NO_PROXY names hosts, domains, addresses, networks and ports', () => {
  expect(proxied('https://api.prod.example:6443', 'example')).toBe(false);
  expect(proxied('https://api.prod.example:6443', '.prod.example')).toBe(false);
  expect(proxied('https://prod.example', '.prod.example')).toBe(true);
  expect(proxied('https://notexample', 'example')).toBe(true);
  expect(proxied('https://10.1.2.3:6443', '10.0.0.0/8')).toBe(false);
  expect(proxied('https://11.1.2.3:6443', '10.0.0.0/8')).toBe(true);
  expect(proxied('https://10.1.2.3:6443', '10.1.2.3:443')).toBe(true);
  expect(proxied('https://10.1.2.3:6443', ' a, 10.1.2.3:6443')).toBe(false);
  expect(proxied('https://anything', '*')).toBe(false);
});

test('a proxy without a scheme speaks HTTP', () => {
  expect(proxyFor(new URL('https://a'), { https_proxy: 'proxy:3128' })).toBe('http://proxy:3128');
});
