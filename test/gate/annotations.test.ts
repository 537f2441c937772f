import { expect, test } from 'vitest';
import { ignoredBy } from '../../src/gate/annotations.ts';
import { service } from '../kit/cluster.ts';

const db = (annotations: Readonly<Record<string, string>>) => {
  const made = service({ name: 'db' });
  return { ...made, metadata: { ...made.metadata, annotations } };
};
const known = ['endpoints/none-ready', 'endpoints/image-pull'];
const day = (text: string) => Date.parse(text);
const ignoring = (until: string, now: string, reason = 'the mirror is down') =>
  ignoredBy(
    db({
      'svcdoctor.dev/ignore': 'endpoints/image-pull, endpoints/none-ready',
      'svcdoctor.dev/ignore-reason': reason,
      ...(until === '' ? {} : { 'svcdoctor.dev/ignore-until': until }),
    }),
    known,
    day(now),
  );

test('checks with a reason are ignored', () => {
  expect(ignoring('', '2026-05-01')).toEqual({
    ignore: { checks: ['endpoints/image-pull', 'endpoints/none-ready'], reason: 'the mirror is down' },
    notes: [],
  });
});

test('a day counts to its end, and not a moment longer', () => {
  expect(ignoring('2026-05-01', '2026-05-01T23:59:59Z').ignore?.reason).toBe('the mirror is down (until 2026-05-01)');
  expect(ignoring('2026-05-01', '2026-05-02T00:00:00Z').ignore).toBeUndefined();
});

test.each([
  ['no reason', ignoring('', '2026-05-01', ' '), /needs svcdoctor.dev\/ignore-reason/],
  ['past', ignoring('2026-04-30', '2026-05-01'), /was meant until 2026-04-30/],
  ['no date', ignoring('next week', '2026-05-01'), /is next week, not a date/],
])('%s: it counts for nothing, and says so', (_what, { ignore, notes }, words) => {
  expect(ignore).toBeUndefined();
  expect(notes).toEqual([expect.stringMatching(words)]);
});

test('an id that is none is told', () => {
  const annotations = { 'svcdoctor.dev/ignore': 'endpoints/image-pul', 'svcdoctor.dev/ignore-reason': 'x' };
  expect(ignoredBy(db(annotations), known, 0).notes).toEqual([
    'the annotation svcdoctor.dev/ignore names no check: endpoints/image-pul; did you mean endpoints/image-pull?',
  ]);
});
