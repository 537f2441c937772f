import { layers, type Certainty, type CheckId, type Impact, type Layer } from '../checks/define.ts';
import type { Finding } from './report.ts';

const harm: Readonly<Record<Impact, number>> = { breaks: 0, degrades: 1, risks: 2 };
const doubt: Readonly<Record<Certainty, number>> = { certain: 0, likely: 1, possible: 2 };

export interface Candidate {
  readonly finding: Finding;
  readonly explains: readonly CheckId[];
  readonly symptom: boolean;
  /** Its place in the catalogue, which is the order in which a packet travels. */
  readonly place: number;
}

/**
 * Causes first, each with what it explains folded under it.
 * A fact absorbs what it explains; a guess absorbs symptoms, and guesses that are no surer. Faults of today come before risks of tomorrow, facts
 * before guesses, then the worse before the milder, then packet order.
 */
export function rank(candidates: readonly Candidate[]): readonly Finding[] {
  const ordered = [...candidates].sort((a, b) => compare(a, b));
  const absorbed = new Map<Candidate, Candidate>();
  for (const cause of ordered) {
    for (const other of ordered) {
      if (other === cause || absorbed.has(other) || !explains(cause, other)) continue;
      if (rootOf(cause, absorbed) !== other) absorbed.set(other, cause);
    }
  }
  const withConsequences = (candidate: Candidate): Finding => ({
    ...candidate.finding,
    consequences: ordered.filter((other) => absorbed.get(other) === candidate).map(withConsequences),
  });
  return ordered.filter((candidate) => !absorbed.has(candidate)).map(withConsequences);
}

const explains = (cause: Candidate, other: Candidate): boolean =>
  cause.explains.includes(other.finding.id) &&
  (other.symptom ||
    cause.finding.certainty === 'certain' ||
    doubt[cause.finding.certainty] <= doubt[other.finding.certainty]);

function rootOf(candidate: Candidate, absorbed: ReadonlyMap<Candidate, Candidate>): Candidate {
  let root = candidate;
  for (let next = absorbed.get(root); next; next = absorbed.get(root)) root = next;
  return root;
}

function compare(a: Candidate, b: Candidate): number {
  const risk = (candidate: Candidate) => (candidate.finding.impact === 'risks' ? 1 : 0);
  const guess = ({ finding, symptom }: Candidate) => (finding.certainty === 'certain' && !symptom ? 0 : 1);
  const doubts = ({ finding, symptom }: Candidate) => (symptom ? doubt.possible : doubt[finding.certainty]);
  return (
    risk(a) - risk(b) ||
    guess(a) - guess(b) ||
    harm[a.finding.impact] - harm[b.finding.impact] ||
    doubts(a) - doubts(b) ||
    a.place - b.place
  );
}

export const layerOf = (id: CheckId): Layer => id.slice(0, id.indexOf('/')) as Layer;

export const placeOf = (id: CheckId, placeInCatalogue: number): number =>
  layers.indexOf(layerOf(id)) * 1000 + placeInCatalogue;
