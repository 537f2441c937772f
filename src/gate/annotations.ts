import { nearestName } from '../k8s/nearest-name.ts';
import type { Service } from '../k8s/objects.ts';
import type { Ignore } from '../diagnosis/gate.ts';

const ignore = 'svcdoctor.dev/ignore';
const ignoreReason = 'svcdoctor.dev/ignore-reason';
const ignoreUntil = 'svcdoctor.dev/ignore-until';

export interface Ignored {
  /** Absent where nothing is to be ignored, or not any more. */
  readonly ignore?: Ignore;
  /** Why an annotation counts for nothing. */
  readonly notes: readonly string[];
}

/**
 * What the annotations of a Service tell the gate to ignore. Without a reason they count for nothing; nor from the end of the day of
 * ignore-until (UTC) on, or with a date that cannot be read. `now` in milliseconds since the epoch.
 */
export function ignoredBy({ metadata: { annotations = {} } }: Service, known: readonly string[], now: number): Ignored {
  const list = annotations[ignore];
  if (list === undefined) return { notes: [] };
  const checks = list
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  const reason = annotations[ignoreReason]?.trim() ?? '';
  const until = annotations[ignoreUntil]?.trim();
  const vain = (why: string): Ignored => ({ notes: [`the annotation ${ignore} counts for nothing: ${why}`] });
  if (reason === '') return vain(`it needs ${ignoreReason}`);
  if (until !== undefined) {
    const end = endOf(until);
    if (Number.isNaN(end)) return vain(`${ignoreUntil} is ${until}, not a date as in 2027-01-31`);
    if (now >= end) return vain(`it was meant until ${until} (${reason})`);
  }
  return {
    ignore: { checks, reason: until === undefined ? reason : `${reason} (until ${until})` },
    notes: checks
      .filter((id) => !known.includes(id))
      .map((id) => {
        const nearest = nearestName(id, known);
        return `the annotation ${ignore} names no check: ${id}${nearest ? `; did you mean ${nearest}?` : ''}`;
      }),
  };
}

/** A day counts to its end in UTC, a time to the second. */
function endOf(text: string): number {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return Date.parse(`${text}T00:00:00Z`) + 24 * 3_600_000;
  return /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN;
}
