import { describe, expect, test } from 'vitest';
import {
  askedDnsOf,
  clusterDomainIn,
  denotedBy,
  parseResolvConf,
  questionsFor,
  resolve,
  resolverOf,
} from '../../src/k8s/names.ts';
import { service } from '../kit/cluster.ts';

const containers = [{ name: 'app' }];

describe('the resolver of a Pod', () => {
  test('ClusterFirst: three suffixes of the cluster, and five dots', () => {
    expect(resolverOf({ containers }, 'shop')).toEqual({
      asks: 'cluster',
      searches: ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
      ndots: 5,
    });
  });
  test('hostNetwork falls back to the node, unless the policy says otherwise', () => {
    expect(askedDnsOf({ containers, hostNetwork: true, dnsPolicy: 'ClusterFirst' })).toBe('node');
    expect(askedDnsOf({ containers, hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' })).toBe('cluster');
  });
  test('dnsConfig adds suffixes and overrides ndots', () => {
    const dnsConfig = { searches: ['data.svc.cluster.local'], options: [{ name: 'ndots', value: '2' }] };
    const resolver = resolverOf({ containers, dnsConfig }, 'shop', 'k8s.example');
    expect(resolver.searches.at(-1)).toBe('data.svc.cluster.local');
    expect(resolver.ndots).toBe(2);
  });
  test('a resolv.conf as it was read', () => {
    const read = parseResolvConf(
      'search demo.svc.a.example svc.a.example a.example\nnameserver 10.96.0.10\noptions ndots:5\n',
    );
    expect(read.nameservers).toEqual(['10.96.0.10']);
    expect(clusterDomainIn(read.searches)).toBe('a.example');
  });
});

test('questions: suffixes first for names with few dots, the name alone for absolute ones', () => {
  const resolver = { searches: ['shop.svc.cluster.local', 'svc.cluster.local'], ndots: 2 };
  expect(questionsFor('db.demo', resolver)).toEqual([
    'db.demo.shop.svc.cluster.local',
    'db.demo.svc.cluster.local',
    'db.demo',
  ]);
  expect(questionsFor('a.b.c', resolver)[0]).toBe('a.b.c');
  expect(questionsFor('db.demo.svc.cluster.local.', resolver)).toEqual(['db.demo.svc.cluster.local']);
});

test('what a full name denotes', () => {
  expect(denotedBy('DB.demo.svc.cluster.local')).toEqual({ kind: 'service', service: 'db', namespace: 'demo' });
  expect(denotedBy('db-0.db.demo.svc.cluster.local')).toMatchObject({ kind: 'endpoint', hostname: 'db-0' });
  expect(denotedBy('_http._tcp.web.demo.svc.cluster.local')).toMatchObject({ kind: 'port', service: 'web' });
  expect(denotedBy('10-244-1-7.demo.pod.cluster.local')).toMatchObject({ kind: 'pod' });
  expect(denotedBy('demo.svc.cluster.local')).toEqual({ kind: 'nothing' });
  expect(denotedBy('example.com')).toBeUndefined();
});

test('resolving: the first question that a Service answers', () => {
  const services = [service({ name: 'db' }), service({ namespace: 'shop', name: 'db' })];
  const from = (namespace: string) => resolverOf({ containers }, namespace);
  expect(resolve('db', from('shop'), services)).toMatchObject({ kind: 'service', fqdn: 'db.shop.svc.cluster.local' });
  expect(resolve('db.demo', from('shop'), services)).toMatchObject({ fqdn: 'db.demo.svc.cluster.local' });
  expect(resolve('db', from('web'), services)).toMatchObject({ kind: 'nowhere' });
});
