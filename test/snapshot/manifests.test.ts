import { expect, test } from 'vitest';
import { parseManifests } from '../../src/snapshot/manifests.ts';

const text = `# the shop
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Service
    metadata:
      name: web
      annotations:
        svcdoctor.dev/ignore: a
    spec:
      selector:
        app.kubernetes.io/name: web
        app: web
      ports:
        - name: http
          port: 80
---
apiVersion: v1
kind: Namespace
metadata: {name: demo}
`;

test('objects are taken out of lists, and get a namespace where they have none', () => {
  const [service, namespace] = parseManifests(text, 'a.yaml', 'demo', false);
  expect(service?.object).toMatchObject({ kind: 'Service', metadata: { name: 'web', namespace: 'demo' } });
  expect(namespace?.object.metadata).toEqual({ name: 'demo' });
});

test.each([
  ['metadata.name', 8],
  ['metadata.annotations[svcdoctor.dev/ignore]', 10],
  ['spec.selector', 12],
  ['spec.selector.app.kubernetes.io/name', 13],
  ['spec.selector.app', 14],
  ['spec.ports[0].port', 17],
  ['spec.ports[http].port', 17],
  ['spec.ports[0].targetPort', 16],
  ['status', 5],
])('%s stands in line %i', (path, line) => {
  expect(parseManifests(text, 'a.yaml', 'demo', false)[0]?.lineOf(path)).toBe(line);
});

test('values and charts are passed over in a directory, and refused where they were named', () => {
  expect(parseManifests('replicas: 2', 'values.yaml', 'demo', true)).toEqual([]);
  expect(() => parseManifests('replicas: 2', 'values.yaml', 'demo', false)).toThrow('no Kubernetes object');
});

test('a template is to be rendered first', () => {
  expect(() => parseManifests('name: {{ .Values.name }}: x', 'web.yaml', 'demo', false)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('helm template') }),
  );
});
