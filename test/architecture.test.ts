import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize, relative } from 'node:path';
import { expect, test } from 'vitest';

const src = join(import.meta.dirname, '../src');

/** What each room may import: other rooms, and packages from outside. */
const rooms: Readonly<Record<string, { readonly rooms: readonly string[]; readonly packages: readonly string[] }>> = {
  k8s: { rooms: [], packages: ['ipaddr.js', 'fastest-levenshtein'] },
  snapshot: { rooms: ['k8s'], packages: ['node:fs/promises', 'node:path', 'js-yaml', 'p-limit', 'yaml'] },
  probes: { rooms: ['k8s', 'snapshot'], packages: ['dns-packet'] },
  checks: { rooms: ['k8s', 'snapshot'], packages: ['fastest-levenshtein'] },
  diagnosis: { rooms: ['k8s', 'snapshot', 'checks'], packages: [] },
  gate: { rooms: ['k8s', 'snapshot', 'checks', 'diagnosis'], packages: [] },
  report: { rooms: ['diagnosis', 'checks'], packages: ['yaml'] },
  cluster: {
    rooms: ['k8s', 'snapshot', 'probes', 'demo', 'gate'],
    packages: ['@kubernetes/client-node', 'node:'],
  },
  demo: { rooms: ['k8s', 'snapshot'], packages: ['dns-packet', 'yaml'] },
  cli: {
    rooms: ['k8s', 'snapshot', 'probes', 'checks', 'diagnosis', 'gate', 'report', 'cluster', 'demo'],
    packages: ['commander', 'chalk', 'ora', 'fast-string-width', 'fast-wrap-ansi', 'yaml', 'node:'],
  },
};

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const importsOf = (file: string) =>
  [
    ...readFileSync(join(src, file), 'utf8').matchAll(
      /(?:^|[\s;])(?:import|export)\s[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|import\('([^']+)'\)/gm,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
const roomOf = (file: string) => file.split('/')[0] ?? '';

test.each(files)('%s imports only what its room may', (file) => {
  const allowed = rooms[roomOf(file)];
  expect(allowed, `${file} lies in no room of the table`).toBeDefined();
  for (const specifier of importsOf(file)) {
    if (specifier.startsWith('.')) {
      const target = normalize(join(file, '..', specifier));
      if (target.startsWith('..')) continue; // package.json, for the version
      expect([roomOf(file), ...(allowed?.rooms ?? [])], `${file} imports ${specifier}`).toContain(roomOf(target));
    } else {
      expect(
        allowed?.packages.some((name) => specifier === name || (name.endsWith(':') && specifier.startsWith(name))),
        `${file} imports ${specifier}`,
      ).toBe(true);
    }
  }
});

test('the way to --help leads through commander alone', () => {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const match of readFileSync(join(src, file), 'utf8').matchAll(
      /^(?:import|export)\s(?!type\b)[^'"]*?from\s+'([^']+)'/gm,
    )) {
      const specifier = match[1] ?? '';
      if (specifier.startsWith('.') && specifier.endsWith('.ts'))
        visit(relative('.', normalize(join(file, '..', specifier))));
      else if (!specifier.startsWith('.')) packages.add(specifier);
    }
  };
  visit('cli/main.ts');
  expect([...packages].filter((name) => !name.startsWith('node:'))).toEqual(['commander']);
  expect(seen.size).toBeLessThan(20);
});
