import {
  isBlamed,
  isBlind,
  isFailing,
  isUndiagnosed,
  withConsequences,
  type FailurePolicy,
} from '../diagnosis/failure.ts';
import type { CheckResult, Finding, GateDecision, Report } from '../diagnosis/report.ts';
import { doubts } from './causes.ts';
import type { Edition } from './edition.ts';
import { printable } from './printable.ts';
import type { Style } from './style.ts';
import { findingLines } from './text.ts';

/**
 * JUnit's XML as Jenkins, GitLab and Surefire read it: a suite for each target, a test for each check. A test is red exactly where it makes
 * the exit code other than 0; what was not looked at is skipped.
 */
export function renderJunit({ reports, policy }: Edition, style: Style): string {
  const suites = reports.map((report) => suiteOf(report, policy, style));
  const total = (count: (suite: Suite) => number) => suites.reduce((sum, suite) => sum + count(suite), 0);
  return lines([
    '<?xml version="1.0" encoding="UTF-8"?>',
    element('testsuites', {
      name: 'svcdoctor',
      tests: total(({ tests }) => tests.length),
      failures: total((suite) => amount(suite, 'failure')),
      errors: total((suite) => amount(suite, 'error')),
    }),
    ...suites.flatMap((suite) => [
      `  ${element('testsuite', {
        name: suite.name,
        tests: suite.tests.length,
        failures: amount(suite, 'failure'),
        errors: amount(suite, 'error'),
        skipped: amount(suite, 'skipped'),
      })}`,
      ...suite.tests.flatMap(testLines),
      '  </testsuite>',
    ]),
    '</testsuites>',
  ]);
}

interface Suite {
  readonly name: string;
  readonly tests: readonly Test[];
}

interface Test {
  readonly name: string;
  readonly className: string;
  /** Absent: it passed. */
  readonly result?: Result;
}

interface Result {
  readonly kind: 'failure' | 'error' | 'skipped' | 'system-out';
  readonly type?: string;
  readonly message?: string;
  readonly text?: string;
}

const amount = ({ tests }: Suite, kind: Result['kind']): number =>
  tests.filter(({ result }) => result?.kind === kind).length;

function suiteOf(report: Report, policy: FailurePolicy, style: Style): Suite {
  const className = report.target.replace('/', '.');
  const blindIsError = !report.gate && (policy.strict || isUndiagnosed(report));
  const tests = report.checks.map((check): Test => {
    const result = resultOf(check, report, policy, blindIsError, style);
    return { name: check.id, className, ...(result ? { result } : {}) };
  });
  return { name: report.target, tests: [...(report.gate ? [gateTest(report.gate, className)] : []), ...tests] };
}

/** What a gate decided is a test of its own; the checks below it say why. */
function gateTest({ result, why, notes }: GateDecision, className: string): Test {
  const kinds = { pass: undefined, fail: 'failure', unknown: 'error', exempt: 'skipped' } as const;
  const kind = kinds[result];
  return {
    name: 'gate',
    className,
    ...(kind ? { result: { kind, type: result, message: why, text: notes.join('\n') } } : {}),
  };
}

function resultOf(
  check: CheckResult,
  report: Report,
  policy: FailurePolicy,
  blindIsError: boolean,
  style: Style,
): Result | undefined {
  switch (check.outcome) {
    case 'passed':
      return undefined;
    case 'not-applicable':
      return { kind: 'skipped', message: check.detail };
    case 'skipped':
      return isBlind(check) && blindIsError
        ? { kind: 'error', type: check.because ?? 'blind', message: check.detail }
        : { kind: 'skipped', message: check.detail };
    case 'problem': {
      const finding = withConsequences(report.findings).find(({ id }) => id === check.id);
      return finding ? problemOf(finding, report, policy, style) : { kind: 'system-out', text: check.detail };
    }
  }
}

function problemOf(finding: Finding, report: Report, { failOn }: FailurePolicy, style: Style): Result {
  const cause = report.findings.find((candidate) => withConsequences([candidate]).includes(finding));
  const blamed = report.gate ? cause && isBlamed(cause, report, failOn) : isFailing(finding, failOn);
  const follows = cause && cause !== finding ? `follows from ${cause.id}: ` : '';
  const text = findingLines(finding, style).join('\n');
  return blamed
    ? {
        kind: 'failure',
        type: finding.impact,
        message: `${follows}${finding.title}${doubts[finding.certainty]}: ${finding.summary}`,
        text,
      }
    : {
        kind: 'system-out',
        text: `${finding.ignored === undefined ? '' : `ignored: ${finding.ignored}\n`}${follows}${text}`,
      };
}

function testLines({ name, className, result }: Test): readonly string[] {
  const attributes = { classname: className, name, time: '0' };
  if (!result) return [`    ${element('testcase', attributes, '')}`];
  const { kind, type, message, text } = result;
  return [
    `    ${element('testcase', attributes)}`,
    `      ${element(kind, { ...(type === undefined ? {} : { type }), ...(message === undefined ? {} : { message }) }, text ?? '')}`,
    '    </testcase>',
  ];
}

/** A start tag, or the whole element where its text is given. */
function element(name: string, attributes: Readonly<Record<string, string | number>>, text?: string): string {
  const tag = `${name}${Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${xml(printable(String(value)))}"`)
    .join('')}`;
  if (text === undefined) return `<${tag}>`;
  return text === '' ? `<${tag}/>` : `<${tag}>${xml(text.split('\n').map(printable).join('\n'))}</${name}>`;
}

const lines = (all: readonly string[]): string => `${all.join('\n')}\n`;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Beyond the control characters that `printable` spells out, XML 1.0 forbids two code points, also as references. */
const xml = (text: string): string =>
  text
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? '')
    .replaceAll(/[\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
