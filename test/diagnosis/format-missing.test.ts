import { expect, test } from 'vitest';
import { formatMissing } from '../../src/diagnosis/format-missing.ts';

test.each([
  ['', 'pods', 'demo', 'list pods in demo'],
  ['', 'pods', undefined, 'list pods in all namespaces'],
  ['networking.k8s.io', 'ingresses', undefined, 'list ingresses.networking.k8s.io in all namespaces'],
  ['', 'nodes', undefined, 'list nodes'],
  ['gateway.networking.k8s.io', 'gatewayclasses', undefined, 'list gatewayclasses.gateway.networking.k8s.io'],
  ['example.org', 'nobody-knows', undefined, 'list nobody-knows.example.org in all namespaces'],
])('a permission on %s/%s, namespace %s: %s', (group, resource, namespace, words) => {
  expect(formatMissing({ verb: 'list', group, resource, ...(namespace === undefined ? {} : { namespace }) })).toBe(
    words,
  );
});
