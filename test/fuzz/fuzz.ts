import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { Report } from '../../src/diagnosis/report.ts';
import type { Edition } from '../../src/report/edition.ts';
import { renderGithub } from '../../src/report/github.ts';
import { renderHtml } from '../../src/report/html.ts';
import { renderJson } from '../../src/report/json.ts';
import { renderJunit } from '../../src/report/junit.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { renderSarif } from '../../src/report/sarif.ts';
import { plainStyle } from '../../src/report/style.ts';
import { renderText } from '../../src/report/text.ts';
import { renderYaml } from '../../src/report/yaml.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import type { ClientName } from '../../src/snapshot/facts.ts';
import { parseSnapshot, snapshotOf } from '../../src/snapshot/file.ts';
import { formatSnapshot } from '../../src/report/yaml.ts';
import { clientConfigMapsIn, redact } from '../../src/snapshot/redact.ts';
import { targetsIn } from '../../src/snapshot/selection.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { UserError } from '../../src/snapshot/user-error.ts';
import { randomFrom, type Random } from '../generated/random.ts';
import { mutated, spoiltText } from './mutate.ts';

/**
 * Real snapshots with something changed, each by a number that repeats it: whatever they hold, they are refused in one line or diagnosed,
 * and what is printed holds no control character.
 */

const folder = join(import.meta.dirname, '../cases');

const corpus = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .sort()
  .map((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    return { name, text, document: parse(text) as unknown };
  });

export type Outcome = 'refused' | 'diagnosed';

/** Something that should never happen, with the input that made it happen. */
export interface Failure {
  readonly number: number;
  readonly case: string;
  readonly what: string;
  readonly input: string;
}

/** More than this, in milliseconds, is a hang; a garbage collection or a busy machine is not. */
const patience = 10_000;

/** Every so many, the text of the file is spoilt and not what is in it: parsing takes longer than all that follows. */
const textsEvery = 100;

/** Every so many, all that can be printed is printed, not the terminal's text alone. */
const editionsEvery = 10;

/** One mutation, by its number. */
export function attempt(number: number): Outcome | Failure {
  const random = randomFrom(number);
  const { name, text, document } = random.pick(corpus);
  const spoilt = number % textsEvery === 0 ? spoiltText(text, random) : undefined;
  const changed = spoilt === undefined ? mutated(document, random.pick(corpus).document, random) : undefined;
  const failure = (what: string): Failure => ({ number, case: name, what, input: spoilt ?? inputOf(changed) });
  const begun = performance.now();
  try {
    const snapshot = spoilt === undefined ? snapshotOf(changed, name) : parseSnapshot(spoilt, name);
    const what = complaintAbout(snapshot, number, random);
    if (what !== undefined) return failure(what);
    return performance.now() - begun > patience ? failure(`it took ${performance.now() - begun} ms`) : 'diagnosed';
  } catch (error) {
    if (error instanceof UserError) return controlIn(error.message) ?? 'refused';
    return failure(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  function controlIn(message: string): Failure | undefined {
    return message.length > 2_000 ? failure(`a message of ${message.length} characters`) : undefined;
  }
}

function inputOf(document: unknown): string {
  try {
    return JSON.stringify(document, undefined, 1);
  } catch {
    return stringify(document);
  }
}

/** What is wrong with how a snapshot is diagnosed and told; undefined where nothing is. */
function complaintAbout(snapshot: Snapshot, number: number, random: Random): string | undefined {
  const raw = viewOf(snapshot);
  const client = clientIn(snapshot);
  const redacted = redact(snapshot, clientConfigMapsIn(raw, client)).snapshot;
  const view = viewOf(redacted);
  const all = targetsIn(view, { kind: 'everywhere' });
  const targets = all.length === 0 ? [] : [random.pick(all)];
  const reports = targets.map((target) => diagnose(view, { target, ...(client ? { client } : {}) }));
  const crash = reports.flatMap(({ checks }) => checks).find(({ because }) => because === 'crashed');
  if (crash) return `${crash.id} crashed: ${crash.detail}`;
  return editionsOf(reports, number)
    .map(([format, text]) =>
      hasControl(text)
        ? `${format} holds a control character`
        : format !== 'github' && hasCommand(text)
          ? `${format} holds a command to a CI`
          : undefined,
    )
    .concat(random.chance(0.002) ? [formatSnapshot(redacted) === '' ? 'an empty snapshot' : undefined] : [])
    .find((complaint) => complaint !== undefined);
}

function clientIn({ objects }: Snapshot): ClientName | undefined {
  const found = objects.findLast(({ kind }) => kind === 'Deployment');
  return found && { namespace: found.metadata.namespace ?? '', kind: 'Deployment', name: found.metadata.name };
}

function editionsOf(reports: readonly Report[], number: number): readonly (readonly [string, string])[] {
  const edition: Edition = {
    command: 'check',
    reports,
    single: reports.length === 1,
    policy: { failOn: 'degrades', strict: false },
    version: '1.2.3',
  };
  const text = ['text', renderText(edition, plainStyle, { verbose: number % 2 === 0 })] as const;
  if (number % editionsEvery !== 0) return [text];
  return [
    text,
    ['html', renderHtml(edition)],
    ['junit', renderJunit(edition, plainStyle)],
    ['markdown', renderMarkdown(edition)],
    ['github', renderGithub(edition, plainStyle)],
    ['sarif', renderSarif(edition)],
    ['json', [...renderJson(edition)].join('')],
    ['yaml', renderYaml(edition)],
  ];
}

/** Line breaks are the renderer's own; a format that is JSON writes others as escapes. */
const hasControl = (text: string): boolean =>
  // oxlint-disable-next-line no-control-regex -- control characters are the subject here
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(text);

/** What a runner would take a line for: GitHub's commands at its beginning, spaces apart, older ones and Azure's anywhere in it. */
const hasCommand = (text: string): boolean => /^\s*::[a-z][\w-]*(\s.*)?::/im.test(text) || /##\w*\[/.test(text);
