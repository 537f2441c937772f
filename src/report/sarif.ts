import { indented } from './json.ts';
import type { Impact } from '../checks/define.ts';
import { catalogue } from '../checks/index.ts';
import { isBlind, isUndiagnosed, withConsequences } from '../diagnosis/failure.ts';
import type { Finding, Report, SourceLine } from '../diagnosis/report.ts';
import { doubts } from './causes.ts';
import type { Edition } from './edition.ts';
import { printable } from './printable.ts';

/**
 * SARIF 2.1.0 (OASIS): a result for each cause and target, with the object it was seen in as a logical location and its line where it came from
 * a file; a rule for each check that found something, with its explanation as the help text; a notification for what was not looked at.
 */
export function renderSarif({ reports, version }: Edition): string {
  const results = reports.flatMap((report) => [
    ...shortagesOf(report),
    ...report.findings.map((finding) => resultOf(finding, report)),
    ...fixedIn(report),
  ]);
  const ids = [...new Set(results.map(({ ruleId }) => ruleId))].sort();
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'svcdoctor', semanticVersion: version, rules: ids.map((id) => ruleOf(id, reports)) },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: !reports.some((report) => isUndiagnosed(report) || report.gate?.result === 'unknown'),
            toolExecutionNotifications: reports.flatMap(notificationsOf),
          },
        ],
        results: results.map((result) => ({ ...result, ruleIndex: ids.indexOf(result.ruleId) })),
      },
    ],
  };
  return `${indented(log)}\n`;
}

interface Result {
  readonly ruleId: string;
  readonly [property: string]: unknown;
}

const levels: Readonly<Record<Impact, 'error' | 'warning' | 'note'>> = {
  breaks: 'error',
  degrades: 'warning',
  risks: 'note',
};

/** What only the gate finds: it counts. */
const gateRule = {
  id: 'gate/ready-endpoints',
  title: 'Fewer endpoints are ready than the gate asks for',
  why: 'A deployment counts as done although no request gets through, where a Service has no ready endpoint for one of its ports or IP families. The gate counts them, as kube-proxy would use them.',
  impact: 'breaks',
} as const;

function ruleOf(id: string, reports: readonly Report[]): object {
  const check = id === gateRule.id ? gateRule : catalogue.find((candidate) => candidate.id === id);
  const found = reports.flatMap(({ findings }) => findings).find((finding) => finding.id === id);
  const title = check?.title ?? found?.title ?? id;
  const why = check?.why ?? title;
  return {
    id,
    name: id,
    shortDescription: { text: message(title) },
    fullDescription: { text: message(why) },
    help: { text: message(why), markdown: `**${title}**\n\n${why}` },
    defaultConfiguration: { level: levels[check?.impact ?? found?.impact ?? 'breaks'] },
    properties: { tags: ['kubernetes', 'service', id.slice(0, id.indexOf('/'))] },
  };
}

function resultOf(finding: Finding, { target, from }: Report): Result {
  const { id, identity, impact, certainty, evidence, confirm, fix, consequences, baseline, ignored } = finding;
  const [first, ...others] = evidence.map((piece) => locationOf(piece, target));
  const follows = consequences.map(({ title }) => ` So: ${title}.`).join('');
  const words = `${target}: ${finding.title}${doubts[certainty]}: ${finding.summary}.${follows} Fix: ${fix.explain}`;
  return {
    ruleId: id,
    kind: 'fail',
    level: levels[impact],
    message: { text: message(words) },
    locations: [first],
    relatedLocations: others.map((location, index) => ({ id: index + 1, ...location })),
    partialFingerprints: { [fingerprint]: identity },
    ...baselineState(baseline),
    ...(ignored === undefined ? {} : { suppressions: [{ kind: 'inSource', justification: printable(ignored) }] }),
    properties: {
      target,
      ...(from === undefined ? {} : { from }),
      impact,
      certainty,
      evidence,
      confirm,
      fix,
      consequences: withConsequences(consequences).map((consequence) => consequence.id),
    },
  };
}

/** Its value is the same in every run that finds the same. */
const fingerprint = 'svcdoctorIdentity/v1';

const baselineState = (baseline: Finding['baseline']): object =>
  baseline === undefined ? {} : { baselineState: baseline === 'known' ? 'unchanged' : 'new' };

/** The ports and families for which a gate counted too few ready endpoints. */
const shortagesOf = ({ target, service, gate }: Report): readonly Result[] =>
  (gate?.result === 'exempt' ? [] : (gate?.endpoints ?? []))
    .filter(({ ready, wanted }) => ready < wanted)
    .map(({ identity, port, family, ready, wanted, baseline }) => ({
      ruleId: gateRule.id,
      kind: 'fail',
      level: levels[gateRule.impact],
      message: {
        text: message(
          `${target}: ${ready} of ${wanted} endpoints ready${port === undefined ? '' : ` on ${port}`} over ${family}`,
        ),
      },
      locations: [
        { ...physical(service?.source), logicalLocations: [logicalLocation(`service/${nameIn(target)}`, target)] },
      ],
      partialFingerprints: { [fingerprint]: identity },
      ...baselineState(baseline),
      properties: { target },
    }));

const fixedIn = ({ target, gate }: Report): readonly Result[] =>
  (gate?.fixed ?? []).map(({ id, identity, title }) => ({
    ruleId: id,
    kind: 'fail',
    level: 'note',
    message: { text: message(`${target}: ${title}: it is gone`) },
    locations: [{ logicalLocations: [logicalLocation(`service/${nameIn(target)}`, target)] }],
    partialFingerprints: { [fingerprint]: identity },
    baselineState: 'absent',
    properties: { target },
  }));

const nameIn = (target: string): string => target.slice(target.indexOf('/') + 1);

const locationOf = ({ object, path, saw, source }: Finding['evidence'][number], target: string): object => ({
  message: { text: message(`${path}: ${saw}`) },
  ...physical(source),
  logicalLocations: [logicalLocation(object, target)],
});

function logicalLocation(object: string, target: string): object {
  const [home = ''] = target.split('/');
  const parts = object.split('/');
  return {
    name: parts.at(-1) ?? object,
    fullyQualifiedName: parts.length > 2 ? object : `${home}/${object}`,
    kind: 'resource',
  };
}

/** A line of a file; standard input has none that anybody could open. */
function physical(source: SourceLine | undefined): object {
  if (source === undefined || source.file === '-') return {};
  return {
    physicalLocation: { artifactLocation: { uri: uriOf(source.file) }, region: { startLine: source.line } },
  };
}

/** A path as a URI reference: relative ones stay relative, to the folder of the run. */
function uriOf(path: string): string {
  const slashes = path.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
  const encoded = slashes.split('/').map(encodeURIComponent).join('/');
  const drive = /^[A-Za-z]:\//.exec(slashes);
  return drive
    ? `file:///${drive[0]}${encoded.slice(encoded.indexOf('/') + 1)}`
    : slashes.startsWith('/')
      ? `file://${encoded}`
      : encoded;
}

/** Checks that could not look, and targets that a gate let pass for a reason. */
function notificationsOf({ target, checks, gate }: Report): readonly object[] {
  const note = (level: 'error' | 'warning' | 'note', text: string, check?: string) => ({
    level,
    message: { text: message(`${target}: ${text}`) },
    properties: { target, ...(check === undefined ? {} : { check }) },
  });
  return [
    ...(gate?.result === 'unknown' ? [note('error', gate.why)] : []),
    ...(gate?.result === 'exempt' ? [note('note', `exempt: ${gate.why}`)] : []),
    ...checks
      .filter(isBlind)
      .map(({ id, because, detail }) => note(because === 'crashed' ? 'error' : 'warning', `${id}: ${detail}`, id)),
  ];
}

/** A message as SARIF wants it (3.11): braces would be placeholders and brackets links. */
const message = (text: string): string =>
  printable(text)
    .replaceAll(/[{}]/g, '$&$&')
    .replaceAll(/[[\]\\]/g, String.raw`\$&`);
