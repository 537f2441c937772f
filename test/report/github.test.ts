import { expect, test } from 'vitest';
import { renderGithub } from '../../src/report/github.ts';
import { plainStyle } from '../../src/report/style.ts';
import {
  atRisk,
  blind,
  broken,
  editionOf,
  everyEdition,
  exitCodeOfEdition,
  fromFiles,
  gated,
  healthy,
  hostile,
} from '../kit/editions.ts';

const github = (...given: Parameters<typeof editionOf>) => renderGithub(editionOf(...given), plainStyle);

test('an error for a cause, with evidence and fix, on one line', () => {
  const [first = '', ...rest] = github([broken, { ...broken, target: 'demo/db2' }, healthy]).split('\n');
  expect(first).toMatch(
    /^::error title=demo\/db%2C demo\/db2%3A The Service selects no Pods::✖ The Service selects no Pods: /,
  );
  expect(first).toContain('%0A    service/db ');
  expect(first).toContain('%0A  fix      Let the Service select app=db');
  expect(rest).toEqual(['svcdoctor: 3 Services: 2 broken, 1 healthy', '']);
});

test('a notice for a risk, a warning where not all was seen', () => {
  expect(github([atRisk])).toMatch(/^::notice title=demo\/cache%3A /);
  expect(github([blind])).toMatch(/^::warning title=demo\/db%3A not all could be looked at::missing:%0Alist pods/);
});

test('it has an error exactly where the exit code is not 0', () => {
  for (const [name, reports] of Object.entries(everyEdition)) {
    for (const failOn of ['breaks', 'degrades', 'risks'] as const) {
      for (const strict of [false, true]) {
        expect(/^::error /m.test(github(reports, { failOn, strict })), `${name} ${failOn} ${strict}`).toBe(
          exitCodeOfEdition(editionOf(reports, { failOn, strict })) !== 0,
        );
      }
    }
  }
});

/** As GitHub's runner reads a line: a command of the new form first, then one of the old form anywhere in it. */
const commandsIn = (text: string) =>
  text.split(/\r\n|\r|\n/).flatMap((line) => {
    const command = /^\s*::([a-z-]+)( [^:]*)?::/.exec(line) ?? /##\[([a-z-]+)/.exec(line);
    return command ? [command[1]] : [];
  });

test('nothing from the cluster is a command', () => {
  expect(commandsIn(github([hostile]))).toEqual(['error']);
  expect(github([hostile]).split('\n')).toHaveLength(3);
});

test('what a gate decided: an error where it fails, a line where it is exempt; at the line of the file', () => {
  expect(github([gated.fails])).toMatch(
    /^::error title=demo\/db%3A gate failed%3A 0 of 1 endpoint ready on http 80\/TCP::✖ The Service selects no Pods/,
  );
  expect(github([gated['is exempt'], gated.passes])).toBe(
    'demo/db is exempt: scaled to 0 by ScaledObject db (KEDA)\nsvcdoctor: gate: 1 exempt, 1 passed\n',
  );
  expect(github([fromFiles])).toMatch(/^::error title=.*,file=\.\/deploy\/my app\/service\.yaml,line=7::/);
});
