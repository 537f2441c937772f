import { expect, test } from 'vitest';
import { documentsOf } from '../../src/snapshot/yaml-documents.ts';

test('scalars mean what YAML 1.2 says, not 1.1', () => {
  const text =
    'yes: yes\nmode: 0644\noctal: 0o17\nhex: 0x1F\ntime: 2026-11-24T20:46:00Z\nbase60: 1:20\nnothing: ~\nyea: True\n';
  expect(documentsOf(text)).toEqual([
    {
      yes: 'yes',
      mode: 644,
      octal: 15,
      hex: 31,
      time: '2026-11-24T20:46:00Z',
      base60: '1:20',
      nothing: null,
      yea: true,
    },
  ]);
});

test('several documents, empty ones too; an alias is its value, and << a key like any other', () => {
  expect(documentsOf('a: &x {b: 1}\nc: *x\n<<: {d: 2}\n---\n---\n- 1\n')).toEqual([
    { a: { b: 1 }, c: { b: 1 }, '<<': { d: 2 } },
    null,
    [1],
  ]);
});

test.each(['a: 1\na: 2', 'a: [1', 'a: *nobody', 'a: !run x'])(
  '%j is refused, and the first line says where',
  (text) => {
    expect(() => documentsOf(text)).toThrow(/^[^\n]+ \(\d+:\d+\)/);
  },
);
