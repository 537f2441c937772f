import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Workload } from '../../src/k8s/objects.ts';
import { choicesIn, demoFrom, isOurs } from '../../src/demo/manifests.ts';

const folder = join(import.meta.dirname, '../../fixtures/demo');
const texts = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .sort()
  .map((name) => readFileSync(join(folder, name), 'utf8'));

test('the Namespace comes first, then what others refer to; all of it is ours', () => {
  const { manifests } = demoFrom(texts, { namespace: 'demo' });
  expect(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    'Namespace demo',
    'ConfigMap api-server',
    'Secret db-credentials',
    'Service api',
    'Service db',
    'Deployment api',
    'Deployment db',
  ]);
  expect(manifests.every(isOurs)).toBe(true);
});

test('another namespace and other images, and nothing else', () => {
  const { manifests } = demoFrom(texts, {
    namespace: 'team-a',
    apiImage: 'registry.example/node:24-slim',
    dbImage: 'registry.example/postgres:17',
    imagePullPolicy: 'Always',
  });
  const [namespace, ...others] = manifests;
  expect(namespace.metadata.name).toBe('team-a');
  expect(new Set(others.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['team-a']));
  const containers = others
    .filter(({ kind }) => kind === 'Deployment')
    .map((deployment) => (deployment as unknown as Workload).spec.template?.spec.containers[0]);
  expect(containers.map((container) => [container?.image, container?.imagePullPolicy])).toEqual([
    ['registry.example/node:24-slim', 'Always'],
    ['registry.example/postgres:17', 'Always'],
  ]);
});

test('what was chosen can be read from the objects, so that repair brings back the same', () => {
  const choices = { namespace: 'demo', apiImage: 'mirror/node:24-slim', imagePullPolicy: 'IfNotPresent' };
  const { manifests } = demoFrom(texts, choices);
  expect(choicesIn(manifests, 'demo')).toEqual(choices);
  expect(choicesIn(demoFrom(texts, { namespace: 'demo' }).manifests, 'demo')).toEqual({ namespace: 'demo' });
});

test('a changed server makes new Pods', () => {
  const fingerprint = (files: readonly string[]) => {
    const api = demoFrom(files, { namespace: 'demo' }).manifests.find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'api',
    ) as unknown as Workload;
    return api.spec.template?.metadata?.annotations?.['svcdoctor.dev/server'];
  };
  const changed = texts.map((text) => text.replace('"use strict";', '"use strict";"another";'));
  expect(fingerprint(texts)).toMatch(/^[0-9a-f]{8}$/);
  expect(fingerprint(changed)).not.toBe(fingerprint(texts));
});

test('printed, the manifests keep their comments, and are the same objects', () => {
  const { yaml } = demoFrom(texts, { namespace: 'team-a' });
  expect(yaml).toContain('# A Service gives the Pods one name');
  const printed = parseAllDocuments(yaml).map((document) => document.toJS() as { metadata: { namespace?: string } });
  expect(printed).toHaveLength(7);
  expect(printed.filter(({ metadata }) => metadata.namespace === 'team-a')).toHaveLength(6);
});

test('the Secret is sent as it is stored', () => {
  const secret = demoFrom(texts, { namespace: 'demo' }).manifests.find(({ kind }) => kind === 'Secret');
  expect(secret).toMatchObject({ data: { username: btoa('postgres'), password: btoa('demo-only') } });
  expect(secret).not.toHaveProperty('stringData');
});
