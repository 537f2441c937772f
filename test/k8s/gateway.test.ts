import { describe, expect, test } from 'vitest';
import { grantCovers, hostnamesMeet, refusalOf, serviceBackendsOf, statusUnder } from '../../src/k8s/gateway.ts';
import { change, namespace } from '../kit/cluster.ts';
import { gateway, grant, route } from '../kit/edge.ts';

test.each<[string | undefined, readonly string[] | undefined, boolean]>([
  [undefined, ['shop.example.com'], true],
  ['shop.example.com', undefined, true],
  ['shop.example.com', ['shop.example.com'], true],
  ['*.example.com', ['shop.example.com'], true],
  ['*.example.com', ['a.b.example.com'], true],
  ['*.example.com', ['example.com'], false],
  ['shop.example.com', ['*.example.com'], true],
  ['*.example.com', ['*.shop.example.com'], true],
  ['*.example.com', ['*.example.org', 'shop.example.org'], false],
])('listener %s and route %j: %s', (listener, hostnames, meet) =>
  expect(hostnamesMeet(listener, hostnames)).toBe(meet),
);

describe('listeners', () => {
  const parent = { name: 'edge', namespace: 'infra' };
  const refuses = (of: ReturnType<typeof gateway>, shape = {}, namespaces = [namespace('demo', { exposed: 'true' })]) =>
    refusalOf(route(shape), parent, of, namespaces)?.reason;
  test('Same is the default', () =>
    expect(
      refuses(
        change(gateway(), (draft) => {
          delete draft.spec.listeners?.[0]?.allowedRoutes;
        }),
      ),
    ).toBe('NotAllowedByListeners'));
  test('a selector', () => {
    const asking = (value: string) =>
      gateway({ allowedRoutes: { namespaces: { from: 'Selector', selector: { matchLabels: { exposed: value } } } } });
    expect(refuses(asking('true'))).toBeUndefined();
    expect(refuses(asking('false'))).toBe('NotAllowedByListeners');
  });
  test('kinds', () => {
    expect(refuses(gateway(), { kind: 'GRPCRoute' })).toBeUndefined();
    expect(refuses(gateway({ protocol: 'TCP' }))).toBe('NotAllowedByListeners');
    expect(refuses(gateway({ protocol: 'example.com/own' }))).toBeUndefined();
  });
});

test('a grant covers by group, kind, namespace and name', () => {
  const asked = route({ namespace: 'routes' });
  expect(grantCovers(grant(), asked, { name: 'web', namespace: 'demo' })).toEqual({ covers: true });
  expect(grantCovers(grant({}, { name: 'api' }), asked, { name: 'web', namespace: 'demo' }).covers).toBe(false);
  expect(grantCovers(grant({}, {}, 'routes'), asked, { name: 'web', namespace: 'demo' }).covers).toBe(false);
});

test('references to other kinds are left out', () =>
  expect(serviceBackendsOf(route({ backend: { group: 'gateway.envoyproxy.io', kind: 'Backend' } }))).toEqual([]));

test('the status of a parent may leave its namespace to the default', () => {
  const own = change(route(), (draft) => {
    for (const parent of draft.status?.parents ?? []) parent.parentRef = { name: 'edge', namespace: 'demo' };
  });
  expect(statusUnder(own, { name: 'edge' })).toHaveLength(1);
  expect(statusUnder(own, { name: 'edge', namespace: 'infra' })).toHaveLength(0);
});
