import { UserError } from '../snapshot/user-error.ts';

const milliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** `10s`, `1m30s`, `500ms`, or a plain number of seconds, in milliseconds; 0 is 0. Throws a UserError that names the option. */
export function parseDuration(text: string, option: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) {
    throw new UserError('bad-option', `${option} ${text} is not a duration`, {
      hint: 'write 10s, 1m30s or a number of seconds; 0 waits for ever',
    });
  }
  return parts.reduce(
    (sum, [, number = '0', unit = 's']) => sum + Number(number) * milliseconds[unit as keyof typeof milliseconds],
    0,
  );
}
