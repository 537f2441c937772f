import { describe, expect, test } from 'vitest';
import { readinessOf, wantedOf } from '../../src/k8s/readiness.ts';
import type { EndpointSlice } from '../../src/k8s/objects.ts';
import { service } from '../kit/cluster.ts';
import { mirroring, slice } from '../kit/slices.ts';

const db = service({ name: 'db', ports: [{ name: 'http', port: 80 }] });
const ready = (of = db, ...slices: readonly EndpointSlice[]) => readinessOf(of, slices).map((each) => each.ready);
const saying = (conditions: unknown) => {
  const made = slice({ name: 'db-1' });
  return { ...made, endpoints: [{ addresses: ['10.0.0.1'], conditions }] } as EndpointSlice;
};

describe('ready × resolved port', () => {
  test.each([
    ['ready: true', saying({ ready: true }), 1],
    ['ready: false', saying({ ready: false }), 0],
    ['ready: null', saying({ ready: null }), 1],
    ['no ready', saying({}), 1],
    ['conditions: null', saying(null), 1],
    ['no conditions', saying(undefined), 1],
    ['published though not ready', saying({ ready: true, serving: false }), 1],
    ['terminating', saying({ ready: false, serving: true, terminating: true }), 0],
    ['no ports', { ...slice({ name: 'db-1' }), ports: null }, 0],
    ['another port', slice({ name: 'db-1', ports: [{ name: 'metrics', port: 9090 }] }), 0],
    ['another protocol', slice({ name: 'db-1', ports: [{ name: 'http', port: 80, protocol: 'UDP' }] }), 0],
    ['a port without a number', slice({ name: 'db-1', ports: [{ name: 'http', port: null }] }), 0],
    ['endpoints: null', { ...slice({ name: 'db-1' }), endpoints: null }, 0],
    ['names in DNS', slice({ name: 'db-1', addressType: 'FQDN', addresses: ['db.example.com'] }), 0],
    ['mirrored', slice({ name: 'db-1', manager: mirroring }), 1],
  ])('%s', (_what, of, expected) => {
    expect(ready(db, of)).toEqual([expected]);
  });

  test('the union of all slices, an address once', () => {
    const twice = slice({ name: 'db-1', addresses: ['10.0.0.1', '10.0.0.2'] });
    expect(ready(db, twice, slice({ name: 'db-2', addresses: ['10.0.0.2', '10.0.0.3'] }))).toEqual([3]);
  });

  test('each port by itself', () => {
    const two = service({
      name: 'db',
      ports: [
        { name: 'http', port: 80 },
        { name: 'metrics', port: 9090 },
      ],
    });
    expect(ready(two, slice({ name: 'db-1' }))).toEqual([1, 0]);
  });

  test('each IP family by itself', () => {
    const dual = service({ name: 'db', spec: { ipFamilies: ['IPv4', 'IPv6'] } });
    const four = slice({ name: 'db-1' });
    expect(ready(dual, four)).toEqual([1, 0]);
    expect(ready(dual, four, slice({ name: 'db-2', addressType: 'IPv6', addresses: ['fd00::1'] }))).toEqual([1, 1]);
  });

  test('a headless Service maps no ports, with ports or without', () => {
    const headless = service({ name: 'db', spec: { clusterIP: 'None' } });
    const portless = { ...slice({ name: 'db-1' }), ports: null };
    expect(readinessOf(headless, [portless])).toEqual([{ family: 'IPv4', ready: 1, listed: 1 }]);
    expect(ready({ ...headless, spec: { ...headless.spec, ports: null } }, portless)).toEqual([1]);
  });

  test('nothing is counted of an ExternalName', () => {
    expect(ready(service({ name: 'db', spec: { type: 'ExternalName' } }))).toEqual([]);
  });
});

test('a share is rounded up, and never nothing', () => {
  expect(wantedOf({ percent: 80 }, 3)).toBe(3);
  expect(wantedOf({ percent: 50 }, 3)).toBe(2);
  expect(wantedOf({ percent: 50 }, 0)).toBe(1);
  expect(wantedOf({ count: 2 }, 9)).toBe(2);
});
