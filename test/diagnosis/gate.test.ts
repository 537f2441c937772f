import { describe, expect, test } from 'vitest';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { gateExitCodeOf } from '../../src/cli/exit-code.ts';
import { baselineOf } from '../../src/diagnosis/baseline.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { decide, type GateCase } from '../../src/diagnosis/gate.ts';
import type { Finding, Report } from '../../src/diagnosis/report.ts';
import { renderGate } from '../../src/report/gate-text.ts';
import schema from '../../src/report/report.schema.json' with { type: 'json' };
import { plainStyle } from '../../src/report/style.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import { cluster, service, workload } from '../kit/cluster.ts';

const target = { namespace: 'demo', name: 'db' };
const mistyped = service({ name: 'db', selector: { app: 'dbx' } });
const broken = diagnose(viewOf(cluster([...workload({ name: 'db' }), mistyped])), { target });
const bare = diagnose(viewOf(cluster([...workload({ name: 'db' }), service({ name: 'db' })])), { target }, []);
const absent = diagnose(viewOf(cluster([...workload({ name: 'db' })])), { target });
const port = 'http 80/TCP';
const count = (ready: number, wanted = 1, family: 'IPv4' | 'IPv6' = 'IPv4') => ({ port, family, ready, wanted });
const gate = (report: Report, facts: Partial<GateCase>) => decide(report, { counts: [count(0)], ...facts });
const [cause] = broken.findings as [Finding];

describe('counts', () => {
  test('enough pass, and nothing else was looked at', () => {
    const passed = decide(bare, { counts: [count(2)] });
    expect(passed).toMatchObject({ verdict: 'not-diagnosed', gate: { result: 'pass', why: `2 ready on ${port}` } });
    expect(gateExitCodeOf([passed])).toBe(0);
  });

  test('too few fail, with the cause', () => {
    const failed = gate(broken, {});
    expect(failed.gate).toMatchObject({
      result: 'fail',
      why: `0 of 1 endpoint ready on ${port}`,
      failedBy: [`endpoints demo/db ${port} IPv4`],
    });
    expect(gateExitCodeOf([decide(bare, { counts: [count(2)] }), failed])).toBe(1);
  });

  test('a family is named where there are two', () => {
    const { why } = gate(bare, { counts: [count(1), count(0, 1, 'IPv6')] }).gate ?? {};
    expect(why).toBe(`0 of 1 endpoint ready on ${port} over IPv6`);
  });

  test('what could not be counted is no pass', () => {
    const blind = gate(bare, { counts: undefined, blind: 'may not list endpointslices in demo' });
    expect(blind.gate).toMatchObject({ result: 'unknown', why: 'may not list endpointslices in demo' });
    expect(gateExitCodeOf([blind])).toBe(2);
  });

  test('a Service that does not exist fails', () => {
    expect(gate(absent, { counts: undefined }).gate).toMatchObject({ result: 'fail' });
  });

  test('an exempt target says why and lists no counts', () => {
    expect(gate(bare, { exempt: 'ExternalName' }).gate).toMatchObject({
      result: 'exempt',
      why: 'ExternalName',
      endpoints: [],
    });
  });
});

describe('findings', () => {
  const certain = (finding: Partial<Finding>): Report => ({
    ...broken,
    findings: [{ ...cause, consequences: [], ...finding }],
  });

  test('decide only where --fail-on says so', () => {
    expect(gate(certain({}), { counts: [count(1)] }).gate?.result).toBe('pass');
    expect(gate(certain({}), { counts: [count(1)], failOn: 'breaks' }).gate).toMatchObject({
      result: 'fail',
      failedBy: ['selector/no-matching-pods demo/db'],
    });
    expect(gate(certain({ impact: 'degrades' }), { counts: [count(1)], failOn: 'breaks' }).gate?.result).toBe('pass');
    expect(gate(certain({ impact: 'degrades' }), { counts: [count(1)], failOn: 'degrades' }).gate?.result).toBe('fail');
  });

  test('a guess fails nothing', () => {
    const guess = certain({ certainty: 'possible' });
    expect(gate(guess, { counts: [count(1)], failOn: 'risks' }).gate?.result).toBe('pass');
  });

  test('an exempt target still fails by what --fail-on names', () => {
    expect(gate(certain({}), { exempt: 'ExternalName', failOn: 'breaks' }).gate?.result).toBe('fail');
  });
});

describe('ignored', () => {
  const reason = 'moves to the new chart';
  test('the cause of the shortage makes the target exempt', () => {
    const excused = gate(broken, { ignore: { checks: ['selector/no-matching-pods'], reason } });
    expect(excused.gate).toMatchObject({ result: 'exempt', why: `selector/no-matching-pods ignored: ${reason}` });
    expect(excused.findings[0]?.ignored).toBe(reason);
  });

  test('another cause still fails it', () => {
    expect(gate(broken, { ignore: { checks: ['endpoints/image-pull'], reason } }).gate?.result).toBe('fail');
  });

  test('a shortage without any cause is not excused', () => {
    expect(gate(bare, { ignore: { checks: ['endpoints/image-pull'], reason } }).gate?.result).toBe('fail');
  });
});

describe('baseline', () => {
  test('what failed before passes as known', () => {
    const baseline = baselineOf([gate(broken, {})]);
    expect(gate(broken, { baseline }).gate).toMatchObject({ result: 'pass', baseline: 'known', fixed: [] });
    expect(gate(broken, { baseline }).findings[0]?.baseline).toBe('known');
  });

  test('one written by check counts no endpoints: its causes stand for them', () => {
    expect(gate(broken, { baseline: baselineOf([broken]) }).gate).toMatchObject({ result: 'pass', baseline: 'known' });
    expect(gate(bare, { baseline: baselineOf([broken]) }).gate).toMatchObject({ result: 'fail', baseline: 'new' });
  });

  test('a new port, or a new cause, fails', () => {
    const baseline = baselineOf([gate(broken, {})]);
    const more = gate(broken, { baseline, counts: [count(0), { ...count(0), port: 'metrics 9090/TCP' }] });
    expect(more.gate).toMatchObject({
      result: 'fail',
      baseline: 'new',
      failedBy: ['endpoints demo/db metrics 9090/TCP IPv4'],
    });
  });

  test('what is gone is fixed', () => {
    expect(gate(bare, { counts: [count(1)], baseline: baselineOf([broken]) }).gate?.fixed).toEqual([
      { id: cause.id, identity: cause.identity, title: cause.title },
    ]);
  });

  test('identities do not hang on Pod names or order', () => {
    const again = diagnose(viewOf(cluster([mistyped, ...workload({ name: 'db' }).toReversed()])), { target });
    expect(again.findings.map(({ identity }) => identity)).toEqual(broken.findings.map(({ identity }) => identity));
  });

  test('a second route with the same fault is new, one of two mended is not', () => {
    const at = (...objects: readonly string[]): Report => ({
      ...broken,
      findings: [{ ...cause, evidence: objects.map((object) => ({ object, path: 'spec', saw: 'x' })) }],
    });
    const known = (before: Report, now: Report) =>
      decide(now, { counts: [count(1)], failOn: 'breaks', baseline: baselineOf([before]) }).findings[0]?.baseline;
    expect(known(at('ingress/shop'), at('ingress/shop', 'ingress/admin'))).toBe('new');
    expect(known(at('ingress/shop', 'ingress/admin'), at('ingress/shop'))).toBe('known');
    expect(known(at('pod/db-7c9d5-abcde'), at('pod/db-64ff9-zzzzz'))).toBe('known');
  });
});

test('what is decided follows the schema', () => {
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
  for (const report of [
    gate(broken, { baseline: baselineOf([absent]), ignore: { checks: [cause.id], reason: 'soon' } }),
    decide(bare, { counts: [count(1)] }),
  ]) {
    validate(JSON.parse(JSON.stringify(report)));
    expect(validate.errors).toBeNull();
  }
});

test('in words: a line for each target, the cause under what fails, a tally', () => {
  const reports = [
    decide({ ...bare, target: 'demo/api' }, { counts: [count(2)] }),
    gate(broken, { notes: ['svcdoctor.dev/ignore counts for nothing'] }),
    gate({ ...bare, target: 'demo/sleepy' }, { exempt: 'scaled to 0 by ScaledObject sleepy (KEDA)' }),
  ];
  const text = renderGate(reports, plainStyle);
  expect(text).toContain('✔ demo/api  2 ready on http 80/TCP\n\n✖ demo/db  0 of 1 endpoint ready on http 80/TCP\n');
  expect(text).toContain('  ✖ The Service selects no Pods: The selector asks for app=dbx');
  expect(text).toContain('  note     svcdoctor.dev/ignore counts for nothing\n');
  expect(text).toContain('· demo/sleepy  exempt: scaled to 0 by ScaledObject sleepy (KEDA)\n');
  expect(text).toMatch(/\ngate: 1 failed, 1 exempt, 1 passed\n$/);
  expect(renderGate([reports[0] as Report], plainStyle, { quiet: true })).toBe('');
});
