import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { demoApiManifest } from '../../scripts/build-demo-api.ts';
import type { KubeObject, Workload } from '../../src/k8s/objects.ts';
import { objectsIn } from '../kit/cluster.ts';

const folder = join(import.meta.dirname, '../../fixtures/demo');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const objects: readonly KubeObject[] = files.flatMap((name) => objectsIn(readFileSync(join(folder, name), 'utf8')));

test('the ConfigMap holds the server as it is bundled now: npm run build:demo makes it anew', async () => {
  expect(readFileSync(join(folder, 'api-server.yaml'), 'utf8')).toBe(await demoApiManifest());
});

test('every object fits into the annotation that kubectl apply keeps of it', () => {
  for (const object of objects)
    expect(JSON.stringify(object).length, `${object.kind} ${object.metadata.name}`).toBeLessThan(262_144 - 4096);
});

test('every object says who made it', () => {
  for (const { kind, metadata } of objects)
    expect(metadata.labels, `${kind} ${metadata.name}`).toHaveProperty(['app.kubernetes.io/managed-by'], 'svcdoctor');
});

test.each(
  objects
    .filter((object): object is Workload => object.kind === 'Deployment')
    .map((object) => [object.metadata.name, object] as const),
)('%s is safe by default: no root, limits, probes, a fixed tag', (_name, { spec }) => {
  const template = spec.template?.spec;
  expect(template).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
  for (const container of template?.containers ?? []) {
    expect(container.image).toMatch(/:(?!latest)[\w.-]+$/);
    expect(container).toMatchObject({
      resources: { requests: {}, limits: {} },
      readinessProbe: {},
      livenessProbe: {},
      securityContext: { allowPrivilegeEscalation: false },
    });
  }
});
