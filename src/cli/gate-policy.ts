import { readFile } from 'node:fs/promises';
import { baselineOf, type BaselineReports } from '../diagnosis/baseline.ts';
import { reportVersion, type Report, type ReportList } from '../diagnosis/report.ts';
import type { GatePolicy } from '../gate/policy.ts';
import type { WaitPlan } from '../gate/wait.ts';
import type { MinReady } from '../k8s/readiness.ts';
import { UserError } from '../snapshot/user-error.ts';
import { parseDuration } from './duration.ts';
import type { GateOptions } from './gate-command.ts';

/** What the options demand. With --from, findings count too: the way of that client is what the person asks about. */
export async function policyOf(options: GateOptions): Promise<GatePolicy> {
  const { minReady, from, allowScaledToZero = false, headless, baseline } = options;
  const failOn = options.failOn ?? (from === undefined ? undefined : 'breaks');
  return {
    minReady: parseMinReady(minReady),
    allowScaledToZero,
    headless,
    ...(failOn === undefined ? {} : { failOn }),
    ...(baseline === undefined ? {} : { baseline: await readBaseline(baseline) }),
  };
}

/** `2`, or `80%`. At least one endpoint: a gate that asks for none is open. */
export function parseMinReady(text: string): MinReady {
  const [, digits, percent] = /^(\d{1,6})(%?)$/.exec(text) ?? [];
  const value = Number(digits);
  const limit = percent === '%' ? 100 : Number.POSITIVE_INFINITY;
  if (digits === undefined || value < 1 || value > limit)
    throw new UserError('bad-option', `--min-ready ${text} is neither a number from 1 on nor 1% to 100%`, {
      hint: 'write --min-ready 2, or --min-ready 80%',
    });
  return percent === '%' ? { percent: value } : { count: value };
}

/** How to wait; undefined where the person does not want to. */
export function waitPlanOf({ wait, settle, patient = false }: GateOptions): WaitPlan | undefined {
  const settling = parseDuration(settle, '--settle');
  if (wait === undefined) return undefined;
  const waiting = parseDuration(wait, '--wait');
  if (waiting <= settling)
    throw new UserError('bad-option', `--wait ${wait} leaves no time to stay ready for ${settle} (--settle)`, {
      hint: 'give it a longer --wait, or a shorter --settle',
    });
  return { wait: waiting, settle: settling, patient };
}

/** What an earlier run of `check` or `gate` with -o json found. */
async function readBaseline(path: string): Promise<BaselineReports> {
  const refused = (why: string, cause?: unknown) =>
    new UserError('bad-baseline', `${path} is no baseline: ${why}`, {
      hint: 'write one with svcdoctor gate … -o json > FILE',
      cause,
    });
  let found: unknown;
  try {
    found = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw refused(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error), error);
  }
  if (!isReport(found)) throw refused('it holds no report of svcdoctor');
  const reports = found.kind === 'ReportList' ? found.items : [found];
  if (reports.some(({ findings }) => findings.some(({ identity }) => identity === undefined)))
    throw refused('it was written by a version that did not give findings an identity');
  return baselineOf(reports);
}

const isReport = (value: unknown): value is Report | ReportList =>
  typeof value === 'object' &&
  value !== null &&
  'apiVersion' in value &&
  value.apiVersion === reportVersion &&
  'kind' in value &&
  ((value.kind === 'Report' && 'findings' in value) || (value.kind === 'ReportList' && 'items' in value));
