import { expect, test } from 'vitest';
import { meantPort } from '../../src/k8s/backend-ports.ts';
import { pointerTo } from '../../src/k8s/field-paths.ts';
import { nearestName } from '../../src/k8s/nearest-name.ts';
import type { Pod } from '../../src/k8s/objects.ts';
import { service, workload } from '../kit/cluster.ts';

test('the port that was meant', () => {
  const pods = workload({ name: 'web' }).filter((object): object is Pod => object.kind === 'Pod');
  const of = service({
    name: 'web',
    ports: [
      { name: 'http-web', port: 80, targetPort: 'http' },
      { name: 'metrics', port: 9100, nodePort: 30910 },
    ],
  });
  expect(meantPort(of, 8080, pods)?.port.port).toBe(80);
  expect(meantPort(of, 'http', pods)?.port.port).toBe(80);
  expect(meantPort(of, 'metric', pods)?.port.port).toBe(9100);
  expect(meantPort(of, 30910, pods)?.port.port).toBe(9100);
  expect(meantPort(of, '9100', pods)?.port.port).toBe(9100);
  expect(meantPort(of, 3000, pods)).toBeUndefined();
});

test('a field as a JSON pointer', () =>
  expect(pointerTo('spec.rules[0].http.paths[12].backend')).toBe('/spec/rules/0/http/paths/12/backend'));

test('names that are near', () => {
  expect(nearestName('web-svc', ['api', 'web'])).toBe('web');
  expect(nearestName('catalgo', ['catalog', 'checkout'])).toBe('catalog');
  expect(nearestName('payments', ['api', 'web'])).toBeUndefined();
});
