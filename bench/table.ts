import type { Spread } from './measure.ts';
import type { Goal, Row } from './row.ts';

const headings = ['what', 'min / median / max', 'peak', 'beside it', 'min / median / max', 'peak', 'goals'] as const;

/** The rows as a table in Markdown: the same on the terminal and in the documentation. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [
    headings,
    headings.map(() => '---'),
    ...rows.flatMap(({ what, wall, peakMegabytes, peer, besides = [], goals }) => [
      [
        what,
        spread(wall),
        megabytes(peakMegabytes),
        peer?.name ?? '',
        spread(peer?.wall),
        megabytes(peer?.peakMegabytes),
        goals.map(verdict).join('; '),
      ],
      ...besides.map(({ name, wall, peakMegabytes }) => ['', '', '', name, spread(wall), megabytes(peakMegabytes), '']),
    ]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function spread(wall: Spread | undefined): string {
  if (!wall) return '';
  const all = [wall.min, wall.median, wall.max];
  return wall.max < 10_000
    ? `${all.map((ms) => ms.toFixed(0)).join(' / ')} ms`
    : `${all.map((ms) => (ms / 1000).toFixed(1)).join(' / ')} s`;
}

const megabytes = (peak: number | undefined): string => (peak === undefined ? '' : `${peak.toFixed(0)} MB`);

const verdict = ({ text, value, limit, met }: Goal): string =>
  `${met ? 'met' : '**missed**'}: ${text} ${short(value)}, goal ${short(limit)}`;

const short = (value: number): string => (value >= 100 ? value.toFixed(0) : String(Math.round(value * 100) / 100));
