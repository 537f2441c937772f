import type { Report } from '../diagnosis/report.ts';
import type { ClusterView } from '../snapshot/cluster-view.ts';
import type { TargetName } from '../snapshot/facts.ts';
import { UserError } from '../snapshot/user-error.ts';
import { bellOf, type Bell } from './bell.ts';
import { glance } from './judge.ts';
import { isThrough, judgesAll, nameOf, type Explained, type GateRun } from './once.ts';
import { decidingTopics, targetsOf } from './scene.ts';
import { sightOf, type Sight } from './sight.ts';
import { secondsOf, tidingsOf } from './tidings.ts';
import { vigilOf, type Vigil } from './vigil.ts';

export interface WaitPlan {
  /** Milliseconds until it is over, whatever is known by then. */
  readonly wait: number;
  /** Milliseconds that all must stay ready. */
  readonly settle: number;
  /** Wait also for what waiting does not mend. */
  readonly patient: boolean;
}

/** What the last look at the causes may take beyond the deadline, and a last look at the endpoints. */
const lastLook = 15_000;
const confirmation = 5_000;

interface Watch {
  readonly run: GateRun;
  readonly plan: WaitPlan;
  readonly sight: Sight;
  readonly vigil: Vigil;
  readonly deadline: number;
}

/**
 * Follows the Services and their slices until all targets pass and stay so, or the time is up, or waiting is in vain; then says how it is.
 * One watch a kind and namespace; nothing is asked in between but why something does not come, when something about it changed. No target:
 * an empty list. Throws a UserError where they cannot be followed.
 */
export async function gateWaiting(
  run: GateRun,
  plan: WaitPlan,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<readonly Report[]> {
  const over = new AbortController();
  const followed = AbortSignal.any([signal, over.signal]);
  const bell = bellOf();
  const deciding = decidingTopics(run.selection, { workloads: 'percent' in run.policy.minReady });
  // A silent watch costs a quarter of the time there is, and no more than that.
  const seconds = Math.min(20, Math.max(2, Math.round(plan.wait / 4_000)));
  const watch: Watch = {
    run,
    plan,
    sight: sightOf(run.watcher, deciding, seconds, bell, followed),
    vigil: vigilOf(plan.settle, judgesAll(run)),
    deadline: Date.now() + plan.wait,
  };
  try {
    return await keepWatch(watch, bell, tell, followed);
  } finally {
    over.abort();
  }
}

async function keepWatch(watch: Watch, bell: Bell, tell: (line: string) => void, signal: AbortSignal) {
  const { run, plan, sight, vigil, deadline } = watch;
  const tidings = tidingsOf(tell, deadline, plan.settle);
  const inquiry = inquiryOf(run, vigil, bell, signal);
  for (;;) {
    signal.throwIfAborted();
    const fatal = sight.fatal() ?? inquiry.fatal();
    if (fatal !== undefined) throw fatal;
    const now = Date.now();
    if (!sight.isComplete()) {
      if (now >= deadline) throw neverSeen(sight.troubles());
      await bell.heard(deadline - now, signal);
      continue;
    }
    const targets = look(watch, now);
    if (targets.length === 0) return [];
    const open = vigil.open();
    for (const { target } of open) sight.lookCloser(target.split('/')[0] ?? '');
    tidings.say(open, targets.length, sight.troubles(), now);

    const steadyAt = vigil.steadyAt();
    if (steadyAt !== undefined && now >= steadyAt) {
      const passed = await passAfterAll(watch, signal);
      if (passed) return passed;
    }
    if (vigil.isHopeless() && !plan.patient) return conclude(watch, 'hopeless', signal);
    if (Date.now() >= deadline) return conclude(watch, 'late', signal);

    const doubt = plan.patient ? undefined : vigil.doubtUntil();
    const unclear = targets.filter((target) => vigil.isUnclear(nameOf(target)));
    const nextInquiry = inquiry.ask(unclear, sight, doubt !== undefined && now >= doubt, now);
    const next = [deadline, tidings.nextAt(), vigil.steadyAt(), nextInquiry, doubt].filter(
      (at) => at !== undefined && at > now,
    );
    await bell.heard(Math.max(0, Math.min(...(next as number[])) - Date.now()), signal);
  }
}

/** Notes what is to be seen of each target, and gives the targets back. */
function look({ run, sight, vigil }: Watch, now: number, blind = sight.troubles().length > 0): readonly TargetName[] {
  const view = sight.view();
  const targets = targetsOf(view, run.selection);
  vigil.saw(glances(run, view, targets), now, blind);
  return targets;
}

const glances = ({ client, policy }: GateRun, view: ClusterView, targets: readonly TargetName[]): readonly Report[] =>
  targets.map((target) => glance(view, { target, ...(client ? { client } : {}) }, policy));

interface Inquiry {
  /** Asks why, if it is time and something has stirred, or at once; when it will be time, where it is not. */
  ask(targets: readonly TargetName[], sight: Sight, atOnce: boolean, now: number): number | undefined;
  fatal(): unknown;
}

/** Asking why costs a few dozen requests: a second after the last time at first, later ten, and only one question at a time. */
function inquiryOf(run: GateRun, vigil: Vigil, bell: Bell, signal: AbortSignal): Inquiry {
  let next = 0;
  let gap = 1_000;
  let asking = false;
  let wanted = false;
  let fatal: unknown;
  return {
    fatal: () => fatal,
    ask(targets, sight, atOnce, now) {
      wanted = sight.hasStirred() || wanted;
      if (targets.length === 0 || asking || !(wanted || atOnce)) return undefined;
      if (!atOnce && now < next) return next;
      asking = true;
      wanted = false;
      run
        .explain(targets, signal)
        .then(
          (answers) => vigil.explained(answers, now),
          (error: unknown) => {
            wanted = true;
            if (!isPassing(error)) fatal = error;
          },
        )
        .finally(() => {
          asking = false;
          next = Date.now() + gap;
          gap = Math.min(gap * 2, 10_000);
          bell.ring();
        });
      return undefined;
    },
  };
}

/** While the API server is away nothing can be read; it comes back. Everything else that is thrown stays as it is. */
const isPassing = (error: unknown): boolean =>
  error instanceof UserError
    ? error.code === 'nothing-read'
    : error instanceof Error && ('code' in error || /Timeout|Abort/.test(error.name));

/** All have passed for long enough by what was heard: whether a fresh look says the same. */
async function passAfterAll(watch: Watch, signal: AbortSignal): Promise<readonly Report[] | undefined> {
  const { run, sight, vigil } = watch;
  const confirmed = await sight.confirm(AbortSignal.any([signal, AbortSignal.timeout(confirmation)]));
  const targets = look(watch, Date.now(), !confirmed);
  if (!confirmed || vigil.steadyAt() === undefined) return undefined;
  const unclear = targets.filter((target) => vigil.isUnclear(nameOf(target)));
  const { explained } = await lastWords(run, unclear, signal);
  vigil.explained(explained, Date.now());
  const reports = glances(run, sight.view(), targets).map((report) => explained.get(report.target)?.report ?? report);
  return reports.every(isThrough) ? reports : undefined;
}

/** The end without success: each target as it is now, with its cause. */
async function conclude(watch: Watch, because: 'late' | 'hopeless', signal: AbortSignal): Promise<readonly Report[]> {
  const { run, plan, sight, vigil } = watch;
  const [lost] = sight.troubles();
  const confirmed = await sight.confirm(AbortSignal.any([signal, AbortSignal.timeout(confirmation)]));
  const targets = look(watch, Date.now());
  const reports = glances(run, sight.view(), targets);
  const unclear = targets.filter((target) => vigil.isUnclear(nameOf(target)));
  const { explained, unexplained } = await lastWords(run, unclear, signal);
  return reports.map((glanced) => {
    const report = explained.get(glanced.target)?.report ?? glanced;
    if (!confirmed) return lostSight(report, lost ?? unexplained ?? 'the last look at it failed');
    const failed = because === 'late' && report.gate?.result === 'pass' ? unsettled(report, plan, vigil) : report;
    if (failed.gate?.result !== 'fail') return failed;
    const hopeless = vigil.hopelessOf(report.target) !== undefined;
    return noted(failed, [
      ...(because === 'late' ? [`waited ${secondsOf(plan.wait)} for it`] : []),
      ...(hopeless && because === 'hopeless' ? ['not waited for any longer: only a change mends this'] : []),
      ...(unexplained === undefined ? [] : [`its cause could not be looked at: ${unexplained}`]),
    ]);
  });
}

interface LastWords {
  readonly explained: ReadonlyMap<string, Explained>;
  readonly unexplained?: string;
}

/** The causes, if they can be had in time: what is known without them is said in any case. */
async function lastWords(run: GateRun, targets: readonly TargetName[], signal: AbortSignal): Promise<LastWords> {
  if (targets.length === 0) return { explained: new Map() };
  try {
    return { explained: await run.explain(targets, AbortSignal.any([signal, AbortSignal.timeout(lastLook)])) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { explained: new Map(), unexplained: error instanceof Error ? error.message : String(error) };
  }
}

/** Ready at the end, but not for as long as it must be. */
function unsettled(report: Report, { settle }: WaitPlan, vigil: Vigil): Report {
  const steady = vigil.steadyFor(report.target, Date.now());
  const dips = vigil.dipsOf(report.target);
  if (!report.gate || report.gate.baseline === 'known' || steady >= settle) return report;
  const why = `ready for ${secondsOf(steady)} at the end, not for ${secondsOf(settle)}${dips > 0 ? `: ${dips === 1 ? 'once' : `${dips} times`} it was ready and then was not` : ''}`;
  return { ...report, gate: { ...report.gate, result: 'fail', why, failedBy: [`settle ${report.target}`] } };
}

const lostSight = (report: Report, trouble: string): Report => ({
  ...report,
  gate: {
    ...(report.gate ?? { endpoints: [], notes: [] }),
    result: 'unknown',
    why: `lost sight of the cluster before the end: ${trouble}; last seen: ${report.gate?.why ?? 'nothing'}`,
    failedBy: [],
  },
});

const noted = (report: Report, notes: readonly string[]): Report =>
  report.gate ? { ...report, gate: { ...report.gate, notes: [...report.gate.notes, ...notes] } } : report;

const neverSeen = ([trouble = 'no answer']: readonly string[]): UserError =>
  new UserError('never-seen', `the Services could not be read in the time given: ${trouble}`, {
    hint: 'kubectl get services,endpointslices shows whether kubectl gets through; a longer --wait gives it more time',
  });
