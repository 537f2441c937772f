import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/checks/index.ts';
import { breaks, damaged, hintsOf } from '../../src/demo/lab/breaks.ts';
import { demoFrom, isOurs } from '../../src/demo/manifests.ts';

const folder = join(import.meta.dirname, '../../fixtures/demo');
const texts = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(join(folder, name), 'utf8'));
const demo = demoFrom(texts, { namespace: 'practice' });

test('the five of the checklist, and more than seven besides', () => {
  const names = breaks.map(({ name }) => name);
  expect(names.slice(0, 5)).toEqual(['selector', 'endpoints', 'port', 'namespace', 'dns']);
  expect(names.length).toBeGreaterThanOrEqual(12);
  expect(new Set(names).size).toBe(names.length);
});

describe.each(breaks.map((each) => [each.name, each] as const))('%s', (_name, broken) => {
  test('changes something, keeps to the namespace of the demo, and marks what it adds as ours', () => {
    const objects = damaged(broken, demo.manifests, 'practice');
    expect(objects.length).toBeGreaterThan(0);
    for (const object of objects) {
      expect(object.metadata.namespace).toBe('practice');
      expect(isOurs(object)).toBe(true);
      const before = demo.manifests.find(
        ({ kind, metadata }) => kind === object.kind && metadata.name === object.metadata.name,
      );
      expect(object).not.toEqual(before);
    }
  });

  test('has a cause that the catalogue knows, and words for it', () => {
    expect(catalogue.map(({ id }) => id)).toContain(broken.cause.check);
    expect(broken.was).toMatch(/^[A-Z].*\.$/);
    // The symptom in the list does not give the cause away.
    expect(broken.symptom).toMatch(/^(\/health\/db says: |nobody answers at svc\/api$)/);
  });

  test('has hints from the symptom to the doctor, each with a command for that namespace', () => {
    const hints = hintsOf(broken, 'practice');
    expect(hints.length).toBeGreaterThanOrEqual(3);
    for (const { question, command, look } of hints) {
      expect(question).toMatch(/\?$/);
      expect(command).toMatch(/^(kubectl|svcdoctor) .*practice/);
      expect(look).toMatch(/\S$/);
    }
    expect(hints.at(-1)?.command).toBe(
      `svcdoctor check practice/${broken.cause.service}${broken.cause.fromApi ? ' --from practice/deploy/api' : ''}`,
    );
  });
});
