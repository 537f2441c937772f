import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AnyCheck, CheckId } from '../../src/checks/define.ts';
import { layers } from '../../src/checks/define.ts';
import { catalogue } from '../../src/checks/index.ts';
import { layerOf } from '../../src/diagnosis/rank.ts';

const root = join(import.meta.dirname, '../..');
const slugsIn = (folder: string, ending: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.includes('/') && file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();
const ids = catalogue.map(({ id }) => id).sort();

describe('the catalogue', () => {
  test('holds every check of the folder, each under its path', () => {
    const checks = slugsIn('src/checks', '.ts').filter((slug) =>
      readFileSync(join(root, `src/checks/${slug}.ts`), 'utf8').includes('export default defineCheck('),
    );
    expect(checks).toEqual(ids);
  });

  test('has a page for each check, and none for another', () => expect(slugsIn('docs/checks', '.md')).toEqual(ids));

  test.each(ids)('%s has examples', (id) => expect(existsSync(join(root, `test/checks/${id}.test.ts`))).toBe(true));

  test('is in packet order', () => {
    const places = catalogue.map(({ id }) => layers.indexOf(layerOf(id)));
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  test('has no two checks of one title', () =>
    expect(new Set(catalogue.map(({ title }) => title)).size).toBe(catalogue.length));

  test.each(catalogue.map((check) => [check.id, check] as const))(
    '%s reads well',
    (_id, { title, why, needs, uses = [] }) => {
      expect(title).not.toMatch(/[.!]$/);
      expect(title.length).toBeLessThan(80);
      expect(why).toMatch(/\.$/);
      expect(new Set([...needs, ...uses]).size).toBe(needs.length + uses.length);
    },
  );

  test('explains only checks that exist', () => {
    const unknown = catalogue.flatMap(({ id, explains = [] }) =>
      explains.filter((other) => !ids.includes(other)).map((other) => `${id} → ${other}`),
    );
    expect(unknown).toEqual([]);
  });

  test('explains nothing in a circle', () => {
    const byId = new Map<CheckId, AnyCheck>(catalogue.map((check) => [check.id, check]));
    const circles = ids.filter((id) => {
      const seen = new Set<CheckId>();
      const queue = [...(byId.get(id)?.explains ?? [])];
      for (let next = queue.pop(); next; next = queue.pop()) {
        if (next === id) return true;
        if (seen.has(next)) continue;
        seen.add(next);
        queue.push(...(byId.get(next)?.explains ?? []));
      }
      return false;
    });
    expect(circles).toEqual([]);
  });
});
