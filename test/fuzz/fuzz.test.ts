import { expect, test } from 'vitest';
import { attempt } from './fuzz.ts';

/** The beginning of `npm run fuzz`, which goes on to a million; `npm run fuzz -- --only NUMBER` repeats one. */
const mutations = Number(process.env['FUZZ_MUTATIONS'] ?? 2_000);

test(`${mutations} mutations of real snapshots crash nothing`, { timeout: 120_000 }, () => {
  const outcomes = Array.from({ length: mutations }, (_, index) => attempt(index + 1));
  const failures = outcomes.filter((outcome) => typeof outcome !== 'string');
  expect(failures.map(({ number, case: name, what }) => `${number} (${name}): ${what.split('\n')[0]}`)).toEqual([]);
  // What is refused at the door shows nothing about the rooms behind it.
  expect(outcomes.filter((outcome) => outcome === 'diagnosed').length).toBeGreaterThan(mutations / 2);
});
