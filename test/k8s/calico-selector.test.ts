import { expect, test } from 'vitest';
import { calicoSelector } from '../../src/k8s/calico-selector.ts';

const labels = { app: 'db', tier: 'data-1', 'projectcalico.org/namespace': 'shop' };

test.each([
  ['', true],
  ['all()', true],
  ["app == 'db'", true],
  ['app == "web"', false],
  ["app != 'web' && has(tier)", true],
  ['has(missing)', false],
  ['!has(missing)', true],
  ["app in {'web', 'db'}", true],
  ['projectcalico.org/namespace not in {"kube-system", "calico-system"}', true],
  ["app == 'web' || tier starts with 'data'", true],
  ["!(app == 'db' || has(tier))", false],
  ["tier contains 'ta-' && tier ends with '1'", true],
  ["missing != 'x'", true],
])('%s', (text, matches) => expect(calicoSelector(text)?.(labels)).toBe(matches));

test.each(['app ==', "app ~ 'db'", "app == 'db' &&", 'has(app'])('%s is not read', (text) =>
  expect(calicoSelector(text)).toBeUndefined(),
);
