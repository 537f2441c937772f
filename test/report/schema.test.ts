import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderJson, reportOrList } from '../../src/report/json.ts';
import schema from '../../src/report/report.schema.json' with { type: 'json' };
import { renderYaml } from '../../src/report/yaml.ts';
import { broken, editionOf, everyEdition, missing } from '../kit/editions.ts';

const ajv = new Ajv2020({ strict: true, allErrors: true });
const validate = ajv.compile(schema);

test('the schema is one', () => {
  expect(ajv.validateSchema(schema)).toBe(true);
  expect(ajv.errors).toBeNull();
});

describe('every report follows the schema, as JSON and as YAML', () => {
  test.each(Object.entries(everyEdition))('%s', (_name, reports) => {
    const json: unknown = JSON.parse([...renderJson(editionOf(reports))].join(''));
    validate(json);
    expect(validate.errors).toBeNull();
    expect(parse(renderYaml(editionOf(reports)))).toEqual(json);
  });
});

test('the schema refuses what is no report', () => {
  expect(validate({ ...missing, verdict: 'fine' })).toBe(false);
  expect(validate({ ...missing, extra: true })).toBe(false);
  expect(validate({ ...broken, findings: [{}] })).toBe(false);
});

test('JSON in pieces is the same as in one', () => {
  const edition = { ...editionOf([broken, missing]), single: false };
  for (const each of [edition, { ...edition, reports: [] }, { ...edition, shard: '1/3' }])
    expect([...renderJson(each)].join('')).toBe(`${JSON.stringify(reportOrList(each), undefined, 2)}\n`);
});
