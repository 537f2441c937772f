import { expect, test } from 'vitest';
import type { GateResult, Report } from '../../src/diagnosis/report.ts';
import { vigilOf } from '../../src/gate/vigil.ts';

const report = (target: string, result: GateResult) =>
  ({ target, findings: [], gate: { result, why: '', endpoints: [], failedBy: [], notes: [] } }) as unknown as Report;
const explained = (target: string, result: GateResult, hopeless?: string) =>
  new Map([[target, { report: report(target, result), ...(hopeless === undefined ? {} : { hopeless }) }]]);

test('all must pass, and the last one counts', () => {
  const vigil = vigilOf(5_000, false);
  vigil.saw([report('a/x', 'pass'), report('a/y', 'fail')], 1_000, false);
  expect(vigil.steadyAt()).toBeUndefined();
  vigil.saw([report('a/x', 'pass'), report('a/y', 'pass')], 3_000, false);
  expect(vigil.steadyAt()).toBe(8_000);
});

test('a dip starts the time anew, and is counted', () => {
  const vigil = vigilOf(5_000, false);
  vigil.saw([report('a/x', 'pass')], 0, false);
  vigil.saw([report('a/x', 'fail')], 2_000, false);
  vigil.saw([report('a/x', 'pass')], 3_000, false);
  expect(vigil.steadyAt()).toBe(8_000);
  expect(vigil.dipsOf('a/x')).toBe(1);
});

test('what was not seen for a while is not known to have been steady', () => {
  const vigil = vigilOf(5_000, false);
  vigil.saw([report('a/x', 'pass')], 0, false);
  vigil.saw([report('a/x', 'pass')], 4_000, true);
  expect(vigil.steadyAt()).toBe(9_000);
  expect(vigil.dipsOf('a/x')).toBe(0);
});

test('an exemption lets through what has no endpoints; an answer that saw some does not', () => {
  const vigil = vigilOf(1_000, false);
  vigil.saw([report('a/x', 'fail')], 0, false);
  vigil.explained(explained('a/x', 'pass'), 0);
  expect(vigil.open()).toHaveLength(1);
  vigil.explained(explained('a/x', 'exempt'), 0);
  vigil.saw([report('a/x', 'fail')], 100, false);
  expect(vigil.open()).toEqual([]);
  expect(vigil.steadyAt()).toBe(1_100);
});

test('in vain is what still is after the time to settle', () => {
  const vigil = vigilOf(5_000, false);
  vigil.saw([report('a/x', 'fail')], 0, false);
  vigil.explained(explained('a/x', 'fail', 'no such image'), 1_000);
  expect(vigil.isHopeless()).toBe(false);
  expect(vigil.doubtUntil()).toBe(6_000);
  vigil.explained(explained('a/x', 'fail'), 3_000);
  expect(vigil.doubtUntil()).toBeUndefined();
  vigil.explained(explained('a/x', 'fail', 'no such image'), 4_000);
  vigil.explained(explained('a/x', 'fail', 'no such image'), 9_000);
  expect(vigil.isHopeless()).toBe(true);
  expect(vigil.hopelessOf('a/x')).toBe('no such image');
});

test('where findings decide, every target waits for what they say', () => {
  const vigil = vigilOf(1_000, true);
  vigil.saw([report('a/x', 'pass')], 0, false);
  expect(vigil.steadyAt()).toBeUndefined();
  vigil.explained(explained('a/x', 'pass'), 0);
  vigil.saw([report('a/x', 'pass')], 10, false);
  expect(vigil.steadyAt()).toBe(1_010);
});
