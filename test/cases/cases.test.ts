import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseClient, parseTarget } from '../../src/cli/targets.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { Finding } from '../../src/diagnosis/report.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import { parseSnapshot } from '../../src/snapshot/file.ts';

/** Whole clusters rebuilt from public reports, each with a known root cause: the first finding must name it. */
interface Case {
  readonly id: string;
  readonly target: string;
  readonly from?: string;
  readonly cause: string;
  readonly healthy: boolean;
  /** What the finding that names the cause cannot avoid saying: plain text in any case, or a /regular expression/. */
  readonly mustMention: readonly string[];
  /** What its title and summary must not speak of: another cause. */
  readonly mustNot: readonly string[];
}

const cases = JSON.parse(await readFile(join(import.meta.dirname, 'index.json'), 'utf8')) as readonly Case[];

async function findingsOn({ id, target, from }: Case): Promise<readonly Finding[]> {
  const view = viewOf(parseSnapshot(await readFile(join(import.meta.dirname, `${id}.yaml`), 'utf8'), id));
  const scope = { target: parseTarget(target, 'default'), ...(from ? { client: parseClient(from, 'default') } : {}) };
  const report = diagnose(view, scope);
  expect(report.checks.filter(({ because }) => because === 'crashed')).toEqual([]);
  return report.findings;
}

const matches = (pattern: string, text: string): boolean => {
  const [, source, flags] = /^\/(.*)\/(i?)$/.exec(pattern) ?? [];
  return source === undefined
    ? text.toLowerCase().includes(pattern.toLowerCase())
    : new RegExp(source, flags).test(text);
};

const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return value && typeof value === 'object' ? Object.values(value).map(textOf).join('\n') : '';
};

describe('the cause comes first', () => {
  test.each(cases.filter(({ healthy }) => !healthy).map((kase) => [kase.id, kase] as const))(
    '%s',
    async (_id, kase) => {
      const [first, ...others] = await findingsOn(kase);
      expect(first, `nothing is said; the cause is: ${kase.cause}`).toBeDefined();
      const missing = kase.mustMention.filter((pattern) => !matches(pattern, textOf(first)));
      const astray = kase.mustNot.filter((pattern) => matches(pattern, `${first?.title}\n${first?.summary}`));
      expect(
        { missing, astray },
        `${first?.id}: ${first?.summary}; then ${others.map(({ id }) => id).join(', ')}`,
      ).toEqual({ missing: [], astray: [] });
    },
  );
});

describe('no false alarm', () => {
  test.each(cases.filter(({ healthy }) => healthy).map((kase) => [kase.id, kase] as const))('%s', async (_id, kase) => {
    const alarms = (await findingsOn(kase)).filter(({ impact }) => impact !== 'risks');
    expect(alarms.map(({ id, summary }) => `${id}: ${summary}`)).toEqual([]);
  });
});
