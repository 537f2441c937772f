import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { AnyCheck, Certainty, Impact, Problem } from '../../src/checks/define.ts';
import { parseClient, parseTarget } from '../../src/cli/targets.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { runChecks } from '../../src/diagnosis/run.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import { factSources, type Scope } from '../../src/snapshot/facts.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { applyPatch } from './apply-patch.ts';
import { pageOf } from './page.ts';

export interface Example {
  readonly given: Snapshot;
  /** `demo/db` unless said otherwise. */
  readonly target?: string;
  readonly from?: string;
  readonly says:
    | 'passed'
    | 'not-applicable'
    | 'skipped'
    | {
        /** Every piece must be found in the summary. */
        readonly summary: readonly string[];
        readonly certainty: Certainty;
        readonly impact?: Impact;
        /** `service/db spec.selector: app=dbx` for some of the evidence. */
        readonly evidence?: readonly string[];
        /** The printed patch does not cure the finding in a snapshot by itself; say why. */
        readonly patchCannotShow?: string;
      };
  /** A piece of the detail of a check that found nothing. */
  readonly detail?: string;
}

/**
 * Runs one check on examples that differ in one thing. Each input is frozen; each printed patch is applied and must remove the finding;
 * and every fact that the check declares must have been read by some example.
 */
export function examples(check: AnyCheck, cases: Readonly<Record<string, Example>>): void {
  const read = new Set<string>();
  describe(check.id, () => {
    for (const [name, example] of Object.entries(cases)) {
      test(name, () => {
        const scope = scopeOf(example);
        const { result, problem } = run(spiedOn(check, read), example.given, scope);
        if (typeof example.says === 'string') {
          expect(result.outcome, result.detail).toBe(example.says);
          if (example.detail !== undefined) expect(result.detail).toContain(example.detail);
          return;
        }
        expect(result.outcome, result.detail).toBe('problem');
        const { summary, certainty, impact, evidence = [], patchCannotShow } = example.says;
        for (const piece of summary) expect(problem?.summary).toContain(piece);
        expect(problem?.certainty).toBe(certainty);
        if (impact) expect(problem?.impact ?? check.impact).toBe(impact);
        const shown = (problem?.evidence ?? []).map(
          ({ object, path, saw }) => `${object.kind}/${object.name} ${path}: ${saw}`,
        );
        for (const piece of evidence) expect(shown.join('\n')).toContain(piece);
        expectReadable(problem);
        if (problem?.fix.patch && !patchCannotShow) {
          const healed = run(check, applyPatch(example.given, problem.fix.patch), scope);
          expect(healed.result.outcome, `after the printed patch: ${healed.result.detail}`).not.toBe('problem');
        }
      });
    }
    const shown = Object.entries(cases).find(([, { says }]) => typeof says === 'object');
    if (shown) {
      test(`docs/checks/${check.id}.md is its page`, async () => {
        const [name, example] = shown;
        const [finding] = diagnose(viewOf(example.given), scopeOf(example), [check]).findings;
        if (!finding) throw new Error(`"${name}" finds nothing`);
        await expect(pageOf(check, name, finding)).toMatchFileSnapshot(
          join(import.meta.dirname, `../../docs/checks/${check.id}.md`),
        );
      });
    }
    afterAll(() => {
      const unread = [...check.needs, ...(check.uses ?? [])].filter((name) => !read.has(name));
      if (unread.length > 0) throw new Error(`${check.id} declares ${unread.join(', ')}, and no example reads it`);
    });
  });
}

function run(check: AnyCheck, snapshot: Snapshot, scope: Scope) {
  const [ran] = runChecks(viewOf(deepFreeze(snapshot)), scope, [check]);
  if (!ran) throw new Error('no check was run');
  if (ran.result.because === 'crashed') throw new Error(ran.result.detail);
  return ran;
}

const scopeOf = ({ target = 'demo/db', from }: Example): Scope => ({
  target: parseTarget(target, 'default'),
  ...(from ? { client: parseClient(from, 'default') } : {}),
});

/** What every finding owes its reader. */
function expectReadable(problem: Problem | undefined): void {
  if (!problem) return;
  expect(problem.summary).not.toMatch(/undefined|null|NaN|\[object|please|!$/);
  expect(problem.summary.length).toBeLessThan(240);
  for (const { path, saw } of problem.evidence) expect(`${path}${saw}`).not.toMatch(/undefined|\[object/);
  for (const { command } of problem.confirm)
    expect(command.join(' ')).not.toMatch(/undefined|\b(apply|patch|delete|scale|edit|rollout restart)\b/);
  expect(problem.fix.explain).toMatch(/\.$/);
  expect(problem.fix.explain).not.toMatch(/undefined/);
}

function spiedOn(check: AnyCheck, read: Set<string>): AnyCheck {
  return {
    ...check,
    evaluate: (facts: object) =>
      check.evaluate(
        new Proxy(facts, {
          get: (target, name) => {
            if (typeof name === 'string' && Object.hasOwn(factSources, name)) read.add(name);
            return Reflect.get(target, name) as unknown;
          },
        }) as never,
      ),
  };
}

function deepFreeze<T>(value: T): T {
  if (value && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
