import { expect, test } from 'vitest';
import { parseClient, parseTarget } from '../../src/cli/targets.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';

/** The whole catalogue on one snapshot: demands exactly these causes, in this order, and none for a healthy one. */
export function scenario(
  name: string,
  given: Snapshot,
  causes: readonly string[],
  { target = 'demo/db', from }: { target?: string; from?: string } = {},
): void {
  test(name, () => {
    const report = diagnose(viewOf(given), {
      target: parseTarget(target, 'default'),
      ...(from ? { client: parseClient(from, 'default') } : {}),
    });
    expect(
      report.findings
        .map(({ id, summary }) => `${id}: ${summary}`)
        .map((line, index) => (causes[index] && line.startsWith(`${causes[index]}:`) ? causes[index] : line)),
    ).toEqual(causes);
    expect(report.checks.filter(({ because }) => because === 'crashed')).toEqual([]);
    if (causes.length === 0) expect(report.verdict).toBe('healthy');
  });
}
