import { expect, test } from 'vitest';
import { isNamespaceMissing } from '../../src/k8s/namespaces.ts';
import { namespace } from '../kit/cluster.ts';

test('what a list of namespaces says of one that is not in it', () => {
  const whole = ['kube-system', 'demo'].map((name) => namespace(name));
  expect(isNamespaceMissing('shop', whole)).toBe(true);
  expect(isNamespaceMissing('demo', whole)).toBe(false);
  expect(isNamespaceMissing('default', whole)).toBe(false);
  expect(isNamespaceMissing('shop', [namespace('demo')])).toBe(false);
  expect(isNamespaceMissing('shop', undefined)).toBe(false);
});
