import addFormats from 'ajv-formats';
import Ajv04 from 'ajv-draft-04';
import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/diagnosis/report.ts';
import { renderSarif } from '../../src/report/sarif.ts';
import { broken, editionOf, everyEdition, fromFiles, gated, undiagnosed } from '../kit/editions.ts';
import schema from '../schemas/sarif-schema-2.1.0.json' with { type: 'json' };

const ajv = new Ajv04.default({ strict: false, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(schema);

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly partialFingerprints: unknown;
  readonly baselineState?: string;
  readonly suppressions?: unknown;
  readonly locations: readonly { readonly logicalLocations: readonly { readonly fullyQualifiedName: string }[] }[];
}
interface Run {
  readonly tool: {
    readonly driver: { readonly rules: readonly { readonly id: string; readonly help: { readonly text: string } }[] };
  };
  readonly invocations: readonly { readonly executionSuccessful: boolean }[];
  readonly results: readonly Result[];
}
const sarif = (...given: Parameters<typeof editionOf>): Run =>
  (JSON.parse(renderSarif(editionOf(...given))) as { readonly runs: readonly [Run] }).runs[0];

describe('the schema of SARIF 2.1.0 accepts it', () => {
  test.each(Object.entries(everyEdition))('%s', (_name, reports) => {
    validate(JSON.parse(renderSarif(editionOf(reports))));
    expect(validate.errors).toBeNull();
  });

  test('and refuses what is none', () => {
    expect(validate({ version: '2.1.0', runs: [{ results: [] }] })).toBe(false);
  });
});

test('a result for each cause, with its object, and a rule with help', () => {
  const { results, tool } = sarif([broken]);
  expect(results).toHaveLength(1);
  expect(results[0]).toMatchObject({
    ruleId: 'selector/no-matching-pods',
    level: 'error',
    locations: [{ logicalLocations: [{ name: 'db', fullyQualifiedName: 'demo/service/db' }] }],
  });
  expect(tool.driver.rules[results[0]?.ruleIndex ?? -1]?.id).toBe('selector/no-matching-pods');
  for (const { help } of tool.driver.rules) expect(help.text.length).toBeGreaterThan(40);
});

test('the line of the file that it came from, where somebody could open it', () => {
  const [result] = sarif([fromFiles]).results;
  expect(result).toMatchObject({
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: 'deploy/my%20app/service.yaml' }, region: { startLine: 7 } },
        logicalLocations: [{ fullyQualifiedName: 'demo/service/db' }],
      },
    ],
  });
  expect(JSON.stringify(result).match(/physicalLocation/g)).toHaveLength(1);
});

test('a result has the same fingerprint in every run that finds the same', () => {
  const of = (report: Report) => sarif([report]).results.map(({ partialFingerprints }) => partialFingerprints);
  expect(of(broken)).toEqual([
    { 'svcdoctorIdentity/v1': 'selector/no-matching-pods demo/db from demo/Deployment/api' },
  ]);
  expect(of(gated.fails)).toEqual([{ 'svcdoctorIdentity/v1': 'endpoints demo/db http 80/TCP IPv4' }, ...of(broken)]);
});

test('what a gate compared with is the baseline, what it ignores is suppressed', () => {
  const states = (report: Report) => sarif([report]).results.map(({ baselineState }) => baselineState);
  expect(states(gated['fails as before'])).toEqual(['unchanged', 'unchanged']);
  expect(states(gated['fails anew'])).toEqual(['new', 'new']);
  expect(states(gated.mended)).toEqual(['absent']);
  expect(sarif([gated.ignores]).results.at(-1)?.suppressions).toEqual([
    { kind: 'inSource', justification: 'the database moves on Friday' },
  ]);
});

test('a Service that nobody could read is no successful run', () => {
  expect(sarif([broken]).invocations[0]?.executionSuccessful).toBe(true);
  expect(sarif([undiagnosed]).invocations[0]?.executionSuccessful).toBe(false);
});

test('no placeholder and no link comes from the cluster', () => {
  for (const { message } of sarif(everyEdition['hostile'] ?? []).results) {
    expect(message.text).toContain('{{0}}');
    expect(message.text).not.toMatch(/(?<!\\)\[/);
  }
});
