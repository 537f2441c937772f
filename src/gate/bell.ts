import { pause } from './pause.ts';

/** Lets one wait for whatever happens first elsewhere. */
export interface Bell {
  ring(): void;
  /** Resolves soon after the bell rang, which may have been before, or after so many milliseconds. */
  heard(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** What comes together is looked at together. */
const batch = 50;

export function bellOf(): Bell {
  let rung = false;
  let wake = () => {};
  return {
    ring() {
      rung = true;
      wake();
    },
    async heard(milliseconds, signal) {
      const woken = new AbortController();
      wake = () => woken.abort();
      if (!rung) await pause(milliseconds, AbortSignal.any([signal, woken.signal]));
      if (rung) await pause(Math.min(batch, Math.max(0, milliseconds)), signal);
      rung = false;
    },
  };
}
