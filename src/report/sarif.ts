import type { Impact } from '../checks/define.ts';
import { catalogue } from '../checks/index.ts';
import { isBlind, isUndiagnosed, withConsequences } from '../diagnosis/failure.ts';
import { layerOf } from '../diagnosis/rank.ts';
import type { Finding, Report } from '../diagnosis/report.ts';
import { doubts } from './causes.ts';
import type { Edition } from './edition.ts';
import { printable } from './printable.ts';

/**
 * SARIF 2.1.0 (OASIS): a result for each cause and target, with the object it was seen in as a logical location; a rule for each check that
 * found something, with its explanation as the help text; a notification for each check that could not look.
 */
export function renderSarif({ reports, version }: Edition): string {
  const ids = [...new Set(reports.flatMap(({ findings }) => withConsequences(findings).map(({ id }) => id)))].sort();
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'svcdoctor',
            semanticVersion: version,
            rules: ids.map((id) => ruleOf(id, reports)),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: !reports.some(isUndiagnosed),
            toolExecutionNotifications: reports.flatMap(notificationsOf),
          },
        ],
        results: reports.flatMap((report) => report.findings.map((finding) => resultOf(finding, report, ids))),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

const levels: Readonly<Record<Impact, 'error' | 'warning' | 'note'>> = {
  breaks: 'error',
  degrades: 'warning',
  risks: 'note',
};

function ruleOf(id: Finding['id'], reports: readonly Report[]): object {
  const check = catalogue.find((candidate) => candidate.id === id);
  const found = reports.flatMap(({ findings }) => withConsequences(findings)).find((finding) => finding.id === id);
  const title = check?.title ?? found?.title ?? id;
  const why = check?.why ?? title;
  return {
    id,
    name: id,
    shortDescription: { text: message(title) },
    fullDescription: { text: message(why) },
    help: { text: message(why), markdown: `**${title}**\n\n${why}` },
    defaultConfiguration: { level: levels[check?.impact ?? found?.impact ?? 'breaks'] },
    properties: { tags: ['kubernetes', 'service', layerOf(id)] },
  };
}

function resultOf(finding: Finding, { target, from }: Report, ids: readonly string[]): object {
  const [first, ...others] = finding.evidence.map((evidence) => locationOf(evidence, target));
  const follows = finding.consequences.map(({ title }) => ` So: ${title}.`).join('');
  return {
    ruleId: finding.id,
    ruleIndex: ids.indexOf(finding.id),
    kind: 'fail',
    level: levels[finding.impact],
    message: {
      text: message(
        `${target}: ${finding.title}${doubts[finding.certainty]}: ${finding.summary}.${follows} Fix: ${finding.fix.explain}`,
      ),
    },
    locations: [first],
    relatedLocations: others.map((location, index) => ({ id: index + 1, ...location })),
    properties: {
      target,
      ...(from === undefined ? {} : { from }),
      impact: finding.impact,
      certainty: finding.certainty,
      evidence: finding.evidence,
      confirm: finding.confirm,
      fix: finding.fix,
      consequences: withConsequences(finding.consequences).map(({ id }) => id),
    },
  };
}

function locationOf({ object, path, saw }: Finding['evidence'][number], target: string): object {
  const [home = ''] = target.split('/');
  const parts = object.split('/');
  return {
    message: { text: message(`${path}: ${saw}`) },
    logicalLocations: [
      {
        name: parts.at(-1) ?? object,
        fullyQualifiedName: parts.length > 2 ? object : `${home}/${object}`,
        kind: 'resource',
      },
    ],
  };
}

const notificationsOf = ({ target, checks }: Report): readonly object[] =>
  checks.filter(isBlind).map((check) => ({
    level: check.because === 'crashed' ? 'error' : 'warning',
    message: { text: message(`${target}: ${check.id}: ${check.detail}`) },
    properties: { check: check.id, target },
  }));

/** A message as SARIF wants it (3.11): braces would be placeholders and brackets links. */
const message = (text: string): string =>
  printable(text)
    .replaceAll(/[{}]/g, '$&$&')
    .replaceAll(/[[\]\\]/g, String.raw`\$&`);
