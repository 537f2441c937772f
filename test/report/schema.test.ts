import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import schema from '../../src/report/report.schema.json' with { type: 'json' };
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import { cluster, service, workload } from '../kit/cluster.ts';

const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
const objects = [...workload({ name: 'db' }), ...workload({ name: 'api' })];
const reportOn = (...more: Parameters<typeof cluster>[0]) =>
  diagnose(viewOf(cluster([...objects, ...more])), {
    target: { namespace: 'demo', name: 'db' },
    client: { namespace: 'demo', kind: 'Deployment', name: 'api' },
  });

test.each([
  ['a healthy Service', reportOn(service({ name: 'db' }))],
  ['a broken one', reportOn(service({ name: 'db', selector: { app: 'dbx' } }))],
  ['one that does not exist', reportOn()],
  [
    'several',
    { apiVersion: 'svcdoctor/v1', kind: 'ReportList', items: [reportOn(service({ name: 'db' })), reportOn()] },
  ],
])('the report on %s follows the schema', (_name, report) => {
  validate(JSON.parse(JSON.stringify(report)));
  expect(validate.errors).toBeNull();
});

test('the schema refuses what is no report', () => {
  expect(validate({ ...reportOn(), verdict: 'fine' })).toBe(false);
  expect(validate({ ...reportOn(), extra: true })).toBe(false);
});
