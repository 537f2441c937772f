import { describe, expect, test } from 'vitest';
import { isNear, leadOf, missOf, type Vicinity } from '../../src/k8s/leads.ts';
import { resolverOf } from '../../src/k8s/names.ts';
import { service } from '../kit/cluster.ts';

const db = service({ name: 'orders-db' });
const from = (namespace: string, services = [db]): Vicinity => ({
  namespace,
  spec: { containers: [] },
  resolver: resolverOf({ containers: [] }, namespace),
  domain: { searched: 'cluster.local', served: ['cluster.local'], otherZones: ['corp.example'], source: 'Corefile' },
  services,
});

describe('where a host leads', () => {
  test.each([
    ['orders-db', 'demo', 'service'],
    ['orders-db', 'shop', 'nowhere'],
    ['orders-db.demo', 'shop', 'service'],
    ['ORDERS-DB.demo.svc', 'shop', 'service'],
    [db.spec.clusterIP ?? '', 'shop', 'service'],
    ['pg-0.orders-db', 'demo', 'endpoint'],
    ['localhost', 'demo', 'itself'],
    ['host.docker.internal', 'demo', 'itself'],
    ['api.github.com', 'demo', 'elsewhere'],
    ['orders-db.demo.example.com', 'demo', 'elsewhere'],
    ['orders-db.demo.svc.corp.example', 'demo', 'elsewhere'],
    ['10.0.0.9', 'demo', 'elsewhere'],
  ] as const)('%s from %s: %s', (host, namespace, kind) => {
    expect(leadOf({ host }, from(namespace)).kind).toBe(kind);
  });

  test('a Service called like the other namespace does not stand in the way', () => {
    const inTheWay = service({ namespace: 'shop', name: 'demo', spec: { clusterIP: 'None' } });
    expect(leadOf({ host: 'orders-db.demo' }, from('shop', [inTheWay, db]))).toMatchObject({
      kind: 'service',
      service: db,
    });
  });

  test('hostAliases are the Pod’s own affair', () => {
    const spec = { containers: [], hostAliases: [{ ip: '10.1.1.1', hostnames: ['orders'] }] };
    expect(leadOf({ host: 'orders' }, { ...from('demo'), spec }).kind).toBe('elsewhere');
  });
});

test.each([
  ['orders-db', 'short-name'],
  ['orders-db.prod', 'wrong-namespace'],
  ['demo.orders-db', 'swapped'],
  ['orders-db.demo.svc.k8s.local', 'wrong-domain'],
  ['orders-db.demo.cluster.local', 'malformed'],
  ['order-db', 'misspelt'],
  ['payments', undefined],
] as const)('%s misses orders-db by: %s', (host, kind) => {
  expect(missOf(host, db, from('shop'))?.kind).toBe(kind);
});

test('near names', () => {
  expect(isNear('orders_db', 'orders-db')).toBe(true);
  expect(isNear('web', 'wet')).toBe(false);
  expect(isNear('redis', 'redis')).toBe(false);
});
