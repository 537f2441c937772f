import { describe, expect, test } from 'vitest';
import { endpointsIn, isReadyEndpoint, readyEndpointsFor, servesPort } from '../../src/k8s/endpoints.ts';
import type { EndpointSlice } from '../../src/k8s/objects.ts';

const slice = (endpoints: EndpointSlice['endpoints'], ports: EndpointSlice['ports']): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'db-x7k2p', namespace: 'demo' },
  addressType: 'IPv4',
  ...(endpoints === undefined ? {} : { endpoints }),
  ...(ports === undefined ? {} : { ports }),
});
const addresses = ['10.244.1.21'];
const postgres = { name: 'postgres', port: 5432 };

describe('ready is true unless it is said to be false (discovery/v1, EndpointConditions)', () => {
  test.each([
    ['conditions absent', { addresses }, true],
    ['conditions null', { addresses, conditions: null }, true],
    ['ready absent', { addresses, conditions: { serving: true } }, true],
    ['ready true', { addresses, conditions: { ready: true } }, true],
    ['ready false', { addresses, conditions: { ready: false } }, false],
  ] as const)('%s', (_name, endpoint, ready) => expect(isReadyEndpoint(endpoint)).toBe(ready));
});

describe('what serves is a ready endpoint in a slice that opens the port', () => {
  test.each([
    ['the port by name', slice([{ addresses }], [{ name: 'postgres', port: 5432, protocol: 'TCP' }]), 1],
    ['the protocol left out is TCP', slice([{ addresses }], [{ name: 'postgres', port: 5432 }]), 1],
    ['ports null: an outage, though the address is ready', slice([{ addresses }], null), 0],
    ['another name', slice([{ addresses }], [{ name: 'db', port: 5432 }]), 0],
    ['another protocol', slice([{ addresses }], [{ name: 'postgres', port: 5432, protocol: 'UDP' }]), 0],
    ['not ready', slice([{ addresses, conditions: { ready: false } }], [{ name: 'postgres', port: 5432 }]), 0],
  ] as const)('%s', (_name, given, count) => expect(readyEndpointsFor([given], postgres)).toHaveLength(count));

  test('an absent name is the empty one', () => {
    expect(servesPort(slice([], [{ name: '', port: 80 }]), { port: 80 })).toBeDefined();
    expect(servesPort(slice([], [{ name: null, port: 80 }]), { port: 80 })).toBeDefined();
  });

  test('endpoints null are none', () =>
    expect(endpointsIn([slice(null, null), slice(undefined, undefined)])).toEqual([]));
});
