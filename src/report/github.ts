import { isBlamed, isBlind, isUndiagnosed, type FailurePolicy } from '../diagnosis/failure.ts';
import type { Report } from '../diagnosis/report.ts';
import { causesIn, doubts, gateTallyOf, sourceIn, tallyOf, unseenIn, type SharedCause } from './causes.ts';
import type { Edition } from './edition.ts';
import { printable } from './printable.ts';
import type { Style } from './style.ts';
import { findingLines } from './text.ts';

/**
 * Workflow commands of GitHub Actions: an annotation for each cause, an error where it makes the run fail. GitHub shows ten errors and ten
 * warnings of a step on the page of the run, and all of them in its log.
 */
export function renderGithub({ command, reports, policy }: Edition, style: Style): string {
  const annotations =
    command === 'gate'
      ? reports.flatMap((report) => decisionOf(report, policy, style))
      : [
          ...causesIn(reports, policy).map((cause) => annotationOf(cause, style)),
          ...reports.flatMap((report) => blindnessOf(report, policy.strict)),
        ];
  const last = `svcdoctor: ${command === 'gate' ? gateTallyOf(reports) : tallyOf(reports)}`;
  return [...annotations, inert(last)].map((line) => `${line}\n`).join('');
}

type Level = 'error' | 'warning' | 'notice';

function annotationOf({ finding, targets, fails }: SharedCause, style: Style): string {
  const level = fails ? 'error' : finding.impact === 'risks' ? 'notice' : 'warning';
  const title = `${targets.join(', ')}: ${finding.title}${doubts[finding.certainty]}`;
  return workflowCommand(level, { title, ...sourceIn(finding.evidence) }, findingLines(finding, style));
}

/** What a gate decided about one target: an error where it fails, with the whole cause; a line of the log where it is exempt. */
function decisionOf(report: Report, { failOn }: FailurePolicy, style: Style): readonly string[] {
  const { gate, target, findings, service } = report;
  if (!gate || gate.result === 'pass') return [];
  if (gate.result === 'exempt') return [inert(`${target} is exempt: ${gate.why}`)];
  const blamed = findings.filter((finding) => isBlamed(finding, report, failOn));
  const source = sourceIn([...blamed.flatMap(({ evidence }) => evidence), ...(service ? [service] : [])]);
  const title = `${target}: ${gate.result === 'fail' ? 'gate failed' : 'not looked at'}: ${gate.why}`;
  const causes = blamed.flatMap((finding) => findingLines(finding, style));
  return [
    workflowCommand('error', { title, ...source }, [...(causes.length > 0 ? causes : [gate.why]), ...gate.notes]),
  ];
}

/** An annotation where not all of a target could be looked at. */
function blindnessOf(report: Report, strict: boolean): readonly string[] {
  const blind = report.checks.filter(isBlind);
  if (report.verdict !== 'unknown' && !(strict && blind.length > 0)) return [];
  const title = `${report.target}: ${isUndiagnosed(report) ? 'the Service could not be read' : 'not all could be looked at'}`;
  const unseen = unseenIn(report);
  const because = unseen.length > 0 ? unseen : [...new Set(blind.map(({ detail }) => detail))];
  return [workflowCommand(strict || isUndiagnosed(report) ? 'error' : 'warning', { title }, ['missing:', ...because])];
}

/** `::error title=…::…` on one line, whatever is in it. */
function workflowCommand(
  level: Level,
  properties: Readonly<Record<string, string | number>>,
  message: readonly string[],
): string {
  const named = Object.entries(properties).map(([key, value]) => `${key}=${escapedProperty(printable(String(value)))}`);
  return `::${level} ${named.join(',')}::${escapedData(message.map(printable).join('\n'))}`;
}

const escapedData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapedProperty = (text: string): string => escapedData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** A plain line of the log: a runner takes `##[…]` anywhere in it for a command of the old form. */
const inert = (text: string): string => printable(text).replaceAll('##[', '# #[');
