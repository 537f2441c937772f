import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderYaml } from '../../src/report/yaml.ts';
import { formatSnapshot } from '../../src/snapshot/format-snapshot.ts';
import type { ConfigMap } from '../../src/k8s/objects.ts';
import { broken, editionOf } from '../kit/editions.ts';

// oxlint-disable-next-line no-control-regex -- control characters are the subject here
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
const text = 'first line\n\u001b[31msecond\u0007\tline\u009b';

test('a text of several lines keeps no control character to itself', () => {
  const yaml = renderYaml(editionOf([{ ...broken, checks: [{ id: 'dns/no-pods', outcome: 'passed', detail: text }] }]));
  expect(yaml).not.toMatch(control);
  expect(parse(yaml)).toMatchObject({ checks: [{ detail: text }] });
});

test('nor does one in a snapshot', () => {
  const map: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { text } };
  const yaml = formatSnapshot({
    apiVersion: 'svcdoctor/v1',
    kind: 'Snapshot',
    coverage: 'complete',
    objects: [map],
    observations: [],
  });
  expect(yaml).not.toMatch(control);
  expect(parse(yaml)).toMatchObject({ objects: [{ data: { text } }] });
});
