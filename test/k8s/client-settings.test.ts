import { expect, test } from 'vitest';
import { expand, settingsOf, unexpandedIn } from '../../src/k8s/client-settings.ts';
import type { ConfigMap, PodSpec } from '../../src/k8s/objects.ts';
import { pod } from '../kit/cluster.ts';

const valueOf = (name: string) => ({ HOST: 'db', PORT: '5432' })[name];

test.each([
  ['tcp://$(HOST):$(PORT)', 'tcp://db:5432'],
  ['$$(HOST)', '$(HOST)'],
  ['$(MISSING)', '$(MISSING)'],
  ['$HOST and ${HOST}', '$HOST and ${HOST}'],
  ['100$', '100$'],
])('%s', (text, expected) => expect(expand(text, valueOf)).toBe(expected));

test('what stays unexpanded', () => expect(unexpandedIn('http://$(A):$(B)')).toEqual(['A', 'B']));

test.each([
  ['all keys', { configMap: { name: 'app' } }, undefined, ['app.yaml', 'unused.yaml']],
  [
    'some keys',
    { configMap: { name: 'app', items: [{ key: 'app.yaml', path: 'main.yaml' }] } },
    undefined,
    ['app.yaml'],
  ],
  [
    'one file by its path',
    { configMap: { name: 'app', items: [{ key: 'app.yaml', path: 'x/main.yaml' }] } },
    'x',
    ['app.yaml'],
  ],
  ['another file', { configMap: { name: 'app', items: [{ key: 'app.yaml', path: 'main.yaml' }] } }, 'app.yaml', []],
  [
    'among several sources',
    { projected: { sources: [{}, { configMap: { name: 'app' } }] } },
    'unused.yaml',
    ['unused.yaml'],
  ],
] as const)('files of a ConfigMap: %s', (_name, volume, subPath, expected) => {
  const configMap: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'app', namespace: 'demo' },
    data: { 'app.yaml': 'db: postgres:5432', 'unused.yaml': 'db: mysql:3306' },
  };
  const spec: PodSpec = {
    containers: [
      { name: 'api', volumeMounts: [{ name: 'config', mountPath: '/etc/app', ...(subPath ? { subPath } : {}) }] },
    ],
    volumes: [{ name: 'config', ...volume }],
  };
  const settings = settingsOf({ object: pod({ name: 'api', spec }), spec, namespace: 'demo' }, [configMap]);
  expect(settings.map(({ path }) => path)).toEqual(expected.map((file) => `data.${file}`));
});

test('a volume that nothing mounts counts for the first container, one that another mounts for that one', () => {
  const configMap = (name: string, text: string): ConfigMap => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'demo' },
    data: { 'app.yaml': text },
  });
  const spec: PodSpec = {
    containers: [{ name: 'api' }, { name: 'proxy', volumeMounts: [{ name: 'proxy', mountPath: '/etc/proxy' }] }],
    volumes: ['stray', 'proxy'].map((name) => ({ name, configMap: { name } })),
  };
  const settings = settingsOf({ object: pod({ name: 'api', spec }), spec, namespace: 'demo' }, [
    configMap('stray', 'db: postgres:5432'),
    configMap('proxy', 'db: mysql:3306'),
  ]);
  expect(settings.map(({ container, value }) => `${container} ${value}`)).toEqual([
    'api postgres:5432',
    'proxy mysql:3306',
  ]);
});
