import type { Report } from '../diagnosis/report.ts';
import { isThrough, type Explained } from './once.ts';

interface Watched {
  /** By its endpoints alone. */
  readonly glance: Report;
  /** With its causes, as of the last time somebody asked. */
  readonly explained?: Explained;
  /** Milliseconds since the epoch; absent while it does not pass. */
  readonly fineSince?: number;
  /** How often it passed and then did not. */
  readonly dips: number;
  /** Since when all that was heard of it says that waiting is in vain, and whether that has lasted. */
  readonly hopelessSince?: number;
  readonly lasting: boolean;
}

/** What is remembered of each target while it is waited for. Knows no clock: every `now` comes from outside. */
export interface Vigil {
  /** The targets as they are now; where sight was lost, nobody knows how long they have been so. */
  saw(reports: readonly Report[], now: number, blind: boolean): void;
  /** What was asked for at that time. */
  explained(answers: ReadonlyMap<string, Explained>, askedAt: number): void;
  /** The targets that do not pass. */
  open(): readonly Report[];
  /** Whether the causes of a target are worth asking for: it does not pass, or passes only for what was said last. */
  isUnclear(target: string): boolean;
  /** When all will have passed for long enough; undefined while one does not. */
  steadyAt(): number | undefined;
  /** How long one has passed without a break, in milliseconds. */
  steadyFor(target: string, now: number): number;
  dipsOf(target: string): number;
  /** Why waiting for a target is in vain, once that has been so for long enough. */
  hopelessOf(target: string): string | undefined;
  isHopeless(): boolean;
  /** When it is worth asking again whether it is in vain. */
  doubtUntil(): number | undefined;
}

/** Without enough endpoints, and all the same let through: exempt, or known from the baseline. */
const isExcused = (explained: Explained | undefined): boolean =>
  explained?.report.gate?.result === 'exempt' || explained?.report.gate?.baseline === 'known';

/** `settle`: milliseconds that something must last to count. `all`: a target passes only by what `explained` says of it. */
export function vigilOf(settle: number, all: boolean): Vigil {
  let watched = new Map<string, Watched>();
  const isFine = ({ glance, explained }: Pick<Watched, 'glance' | 'explained'>): boolean =>
    (isThrough(glance) || isExcused(explained)) && (!all || (explained !== undefined && isThrough(explained.report)));
  const seen = (glance: Report, before: Watched | undefined, now: number, blind: boolean): Watched => {
    const { fineSince, ...known } = before ?? { dips: 0, lasting: false };
    // Once there are endpoints, what was said about their absence is history.
    const kept = !all && isThrough(glance) ? { dips: known.dips, lasting: false } : known;
    const next = { ...kept, glance };
    if (isFine(next)) return { ...next, fineSince: blind ? now : (fineSince ?? now) };
    return fineSince === undefined ? next : { ...next, dips: next.dips + 1 };
  };
  return {
    saw(reports, now, blind) {
      watched = new Map(reports.map((glance) => [glance.target, seen(glance, watched.get(glance.target), now, blind)]));
    },
    explained(answers, askedAt) {
      for (const [target, explained] of answers) {
        const before = watched.get(target);
        if (!before) continue;
        const since = explained.hopeless === undefined ? undefined : (before.hopelessSince ?? askedAt);
        const { hopelessSince: _, ...rest } = before;
        watched.set(target, {
          ...rest,
          explained,
          lasting: since !== undefined && askedAt >= since + settle,
          ...(since === undefined ? {} : { hopelessSince: since }),
        });
      }
    },
    open: () =>
      [...watched.values()].filter((each) => !isFine(each)).map((each) => each.explained?.report ?? each.glance),
    isUnclear: (target) => {
      const each = watched.get(target);
      return each !== undefined && (all || !isThrough(each.glance));
    },
    steadyAt() {
      const times = [...watched.values()].map(({ fineSince }) => fineSince ?? Number.NaN);
      const last = Math.max(...times);
      return Number.isNaN(last) || times.length === 0 ? undefined : last + settle;
    },
    steadyFor: (target, now) => now - (watched.get(target)?.fineSince ?? now),
    dipsOf: (target) => watched.get(target)?.dips ?? 0,
    hopelessOf(target) {
      const each = watched.get(target);
      return each?.lasting ? each.explained?.hopeless : undefined;
    },
    isHopeless: () => [...watched.values()].some(({ lasting }) => lasting),
    doubtUntil() {
      const since = [...watched.values()].flatMap(({ hopelessSince }) => hopelessSince ?? []);
      return since.length === 0 ? undefined : Math.min(...since) + settle;
    },
  };
}
