import { expect, test } from 'vitest';
import type { Impact } from '../../src/checks/define.ts';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import type { CheckResult, Finding, Report, Verdict } from '../../src/diagnosis/report.ts';

const finding = (impact: Impact, consequences: readonly Finding[] = []) => ({ impact, consequences }) as Finding;
const report = (
  verdict: Verdict,
  findings: readonly Finding[] = [],
  checks: readonly Partial<CheckResult>[] = [],
  exists = true,
) => ({ verdict, findings, checks, ...(exists ? { service: { type: 'ClusterIP' } } : {}) }) as Report;
const code = (reports: readonly Report[], failOn: Impact = 'degrades', strict = false) =>
  exitCodeOf(reports, { failOn, strict });

test('0: nothing at or above --fail-on', () => {
  expect(code([report('healthy')])).toBe(0);
  expect(code([report('at-risk', [finding('risks')])])).toBe(0);
  expect(code([report('degraded', [finding('degrades')])], 'breaks')).toBe(0);
});

test('1: a problem, also a missing Service, also among the consequences', () => {
  expect(code([report('healthy'), report('broken', [finding('breaks')])])).toBe(1);
  expect(code([report('at-risk', [finding('risks')])], 'risks')).toBe(1);
  expect(code([report('broken', [finding('breaks')], [], false)])).toBe(1);
  expect(code([report('broken', [finding('risks', [finding('breaks')])])])).toBe(1);
});

test('2: the Service itself could not be looked at', () => {
  expect(code([report('unknown', [], [{ because: 'blind' }], false), report('healthy')])).toBe(2);
  expect(code([report('unknown', [], [], false), report('broken', [finding('breaks')])])).toBe(1);
});

test('3: only --strict minds what could not be seen', () => {
  const partly = report('unknown', [], [{ because: 'blind' }]);
  expect(code([partly])).toBe(0);
  expect(code([partly], 'degrades', true)).toBe(3);
  expect(code([report('healthy', [], [{ because: 'blind' }])], 'degrades', true)).toBe(3);
  expect(code([report('healthy', [], [{ because: 'not-asked' }])], 'degrades', true)).toBe(0);
});
