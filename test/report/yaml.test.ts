import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderYaml } from '../../src/report/yaml.ts';
import { broken, editionOf } from '../kit/editions.ts';

// oxlint-disable-next-line no-control-regex -- control characters are the subject here
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

test.each(['first line\n\tsecond', 'first\tline', 'first line\n\u001b[31msecond\u0007\u009b'])(
  '%j is all escaped',
  (text) => {
    const yaml = renderYaml(
      editionOf([{ ...broken, checks: [{ id: 'dns/no-pods', outcome: 'passed', detail: text }] }]),
    );
    expect(yaml).not.toMatch(control);
    expect(parse(yaml)).toMatchObject({ checks: [{ detail: text }] });
  },
);
