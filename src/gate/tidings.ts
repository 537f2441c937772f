import type { Report } from '../diagnosis/report.ts';

/** What is told on the way: what is waited for whenever that changes, and every half minute where it does not. */
export interface Tidings {
  say(open: readonly Report[], all: number, troubles: readonly string[], now: number): void;
  /** When something is due to be told again. */
  nextAt(): number;
}

const heartbeat = 30_000;

export function tidingsOf(tell: (line: string) => void, deadline: number, settle: number): Tidings {
  let last = '';
  let next = 0;
  return {
    say(open, all, troubles, now) {
      const text = wordsFor(open, all, troubles, settle);
      if (text === last && now < next) return;
      last = text;
      next = now + heartbeat;
      tell(`${text} (${secondsOf(Math.max(0, deadline - now))} left)`);
    },
    nextAt: () => next,
  };
}

function wordsFor(open: readonly Report[], all: number, troubles: readonly string[], settle: number): string {
  const [trouble] = troubles;
  if (trouble !== undefined) return `lost sight of the cluster, trying again: ${trouble}`;
  const few = open.slice(0, 3).map((report) => `${report.target} (${reasonOf(report)})`);
  if (few.length > 0)
    return `waiting for ${few.join(', ')}${open.length > few.length ? ` and ${open.length - few.length} more` : ''}`;
  return `${all === 1 ? 'it passes' : `all ${all} pass`}; watching that ${all === 1 ? 'it stays' : 'they stay'} so for ${secondsOf(settle)}`;
}

/** The cause where it is known, else what is missing. */
const reasonOf = ({ findings, gate }: Report): string => findings[0]?.title ?? gate?.why ?? '';

/** `1m30s`, `20s`, `0.5s`. */
export function secondsOf(milliseconds: number): string {
  const seconds = milliseconds < 10_000 ? Math.round(milliseconds / 100) / 10 : Math.round(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const rest = seconds - minutes * 60;
  return minutes === 0 ? `${rest}s` : `${minutes}m${rest === 0 ? '' : `${rest}s`}`;
}
