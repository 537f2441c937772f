import type { Measured, Spread } from './measure.ts';

/** One line of the table: what was measured, what stood beside it, and what was promised. */
export interface Row {
  /** A name to ask for it by. */
  readonly id: string;
  readonly what: string;
  readonly wall?: Spread;
  readonly peakMegabytes?: number;
  readonly peer?: { readonly name: string; readonly wall: Spread; readonly peakMegabytes?: number };
  /** Others that were measured in the same turns, for comparison. */
  readonly besides?: readonly { readonly name: string; readonly wall: Spread; readonly peakMegabytes?: number }[];
  readonly goals: readonly Goal[];
}

export interface Goal {
  readonly text: string;
  readonly value: number;
  readonly limit: number;
  readonly met: boolean;
}

export const atMost = (text: string, value: number, limit: number): Goal => ({
  text,
  value: Math.round(value * 1000) / 1000,
  limit,
  met: value <= limit,
});

/** A row about a program and the peer whose time it is held against. */
export function compared(
  row: Pick<Row, 'id' | 'what'>,
  subject: Measured,
  peer: Measured & { readonly name: string },
  limit: number,
  more: readonly Goal[] = [],
): Row {
  return {
    ...row,
    ...subject,
    peer,
    goals: [atMost(`× ${peer.name}`, subject.wall.median / peer.wall.median, limit), ...more],
  };
}
