import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };

/** How it is published. What is in the package is seen where it is packed, in test/cluster/package.test.ts. */

test('installing it runs nothing and brings nothing along', () => {
  const runs = Object.keys(packageJson.scripts).filter((name) => /^(pre|post)?(install|prepare|uninstall)$/.test(name));
  expect(runs).toEqual([]);
  for (const field of ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies'])
    expect(packageJson).not.toHaveProperty(field);
});

describe('the release workflow', () => {
  interface Job {
    readonly permissions: Readonly<Record<string, string>>;
    readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
  }
  const workflow = async () =>
    parse(await readFile(join(import.meta.dirname, '../../.github/workflows/release.yml'), 'utf8')) as {
      readonly permissions: unknown;
      readonly jobs: Readonly<Record<string, Job>>;
    };

  test('publishes with provenance, and may do nothing else', async () => {
    const { permissions, jobs } = await workflow();
    expect(permissions).toEqual({});
    expect(jobs['publish']?.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(jobs['test']?.permissions).toEqual({ contents: 'read' });
    expect(jobs['publish']?.steps.at(-1)?.run).toBe('npm publish --provenance --access public');
  });

  test('audits what ships right before', async () => {
    const { jobs } = await workflow();
    const runs = jobs['publish']?.steps.flatMap(({ run }) => run ?? []) ?? [];
    expect(runs.slice(-3)).toEqual(['npm run build', 'npm run audit:shipped', expect.stringMatching(/^npm publish/)]);
  });

  test('names the version of every action', async () => {
    const { jobs } = await workflow();
    const used = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []));
    expect(used.length).toBeGreaterThan(3);
    for (const action of used) expect(action).toMatch(/@(v\d+|[0-9a-f]{40})$/);
  });
});
