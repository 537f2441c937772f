import { expect, test } from 'vitest';
import { foreignSearches, isLinkLocal, isLoopback, questionsOfMusl, usesMusl } from '../../src/k8s/resolv-conf.ts';

const searches = ['demo.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'corp.example'];

test('foreignSearches keeps what the cluster did not write', () => {
  expect(foreignSearches(searches, 'cluster.local')).toEqual(['corp.example']);
});

test('musl searches only names with fewer dots than ndots', () => {
  expect(questionsOfMusl('db.demo', { searches, ndots: 5 })[1]).toBe('db.demo.svc.cluster.local');
  expect(questionsOfMusl('db.demo', { searches, ndots: 1 })).toEqual(['db.demo']);
  expect(questionsOfMusl('db', { searches, ndots: 1 })).toContain('db.demo.svc.cluster.local');
  expect(questionsOfMusl('db.', { searches, ndots: 5 })).toEqual(['db']);
});

test('images and addresses are told apart', () => {
  expect(['alpine:3.20', 'node:20-alpine', 'curlimages/curl:8.8.0', 'busybox:musl'].every(usesMusl)).toBe(true);
  expect(['debian:12', 'busybox:1.36', undefined].some(usesMusl)).toBe(false);
  expect(['127.0.0.53', '::1'].every(isLoopback)).toBe(true);
  expect([isLinkLocal('169.254.20.10'), isLinkLocal('10.96.0.10')]).toEqual([true, false]);
});
