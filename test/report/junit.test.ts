import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { renderJunit } from '../../src/report/junit.ts';
import { plainStyle } from '../../src/report/style.ts';
import {
  atRisk,
  blind,
  broken,
  editionOf,
  everyEdition,
  exitCodeOfEdition,
  gated,
  hostile,
  undiagnosed,
} from '../kit/editions.ts';

const schema = await readFile(join(import.meta.dirname, '../schemas/junit-10.xsd'), 'utf8');
const junit = (...given: Parameters<typeof editionOf>) => renderJunit(editionOf(...given), plainStyle);
const accepted = (contents: string) => validateXML({ xml: { fileName: 'svcdoctor.xml', contents }, schema });

describe('Jenkins’ schema accepts it', () => {
  test.each(Object.entries(everyEdition))('%s', async (_name, reports) => {
    expect((await accepted(junit(reports))).errors).toEqual([]);
  });

  test('and refuses what is none', async () => {
    expect((await accepted(junit([broken]).replace('<testcase ', '<test '))).valid).toBe(false);
  });
});

test('a test for each target and check, skipped ones marked', () => {
  const text = junit([broken]);
  expect(text.match(/<testcase /g)).toHaveLength(broken.checks.length);
  const idle = broken.checks.filter(({ outcome }) => outcome === 'skipped' || outcome === 'not-applicable');
  expect(text.match(/<skipped /g)).toHaveLength(idle.length);
  expect(text).toContain(
    `<testsuite name="demo/db" tests="${broken.checks.length}" failures="2" errors="0" skipped="${idle.length}">`,
  );
  expect(text).toMatch(/<failure type="breaks" message="The Service selects no Pods: The selector asks for app=dbx/);
  expect(text).toContain('message="follows from selector/no-matching-pods: The Service has no ready endpoint');
});

test('it is red exactly where the exit code is not 0', () => {
  for (const [name, reports] of Object.entries(everyEdition)) {
    for (const failOn of ['breaks', 'degrades', 'risks'] as const) {
      for (const strict of [false, true]) {
        const red = /<(failure|error) /.test(junit(reports, { failOn, strict }));
        expect(red, JSON.stringify([name, failOn, strict])).toBe(
          exitCodeOfEdition(editionOf(reports, { failOn, strict })) !== 0,
        );
      }
    }
  }
});

test('what is too mild to fail is told in a green test; blindness is skipped, an error with --strict and for a Service nobody could read', () => {
  expect(junit([atRisk])).toMatch(/<system-out>▲ The Service selects no Pods \(likely\)/);
  expect(junit([blind])).toContain('<skipped message="may not list pods');
  expect(junit([blind], { strict: true })).toMatch(/<error type="blind" message="may not list pods/);
  expect(junit([undiagnosed])).toMatch(/<error type="blind" message="may not list services/);
});

test('nothing from the cluster is markup, or a character that XML forbids', () => {
  const text = junit([hostile]);
  expect(text).not.toContain('<script>');
  expect(text).not.toMatch(/<!\[CDATA|&amp;amp;lt;/);
  expect(text).toContain(String.raw`\u001b[31mred\u0007\u0000`);
  expect(text).toContain(String.raw`\ufffe\uffff`);
  expect(text).toBe(text.toWellFormed());
});

test('what a gate decided is a test of its own, before those that say why', () => {
  expect(junit([gated.fails])).toMatch(
    /<testcase classname="demo.db" name="gate" time="0">\n.*<failure type="fail" message="0 of 1 endpoint ready on http 80\/TCP">/,
  );
  expect(junit([gated['is exempt']])).toContain(
    '<skipped type="exempt" message="scaled to 0 by ScaledObject db (KEDA)"/>',
  );
  expect(junit([gated.ignores])).toContain('ignored: the database moves on Friday');
  expect(junit([gated.passes])).toContain('tests="1" failures="0" errors="0"');
});
