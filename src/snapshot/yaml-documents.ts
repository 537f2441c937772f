import { loadAll } from 'js-yaml';

/** Nobody writes so many by hand, and no API server or kubectl writes any. */
const maxAliases = 100;

/** Maps and lists, more than any file that may be read holds; aliases of aliases grow beyond it at once. */
const maxNodes = 2_000_000;

/**
 * The documents of a text in YAML 1.2, as plain values. Throws an Error whose first line says what is wrong, and where: also for a key that is
 * there twice, and for aliases that stand for more than can be held.
 */
export function documentsOf(text: string): readonly unknown[] {
  // A value may hold what YAML does not let a text hold; who wrote it unescaped gets the sign for that.
  const readable = text.toWellFormed().replaceAll(/[\ufffe\uffff]/g, '\ufffd');
  const documents = loadAll(readable, { maxAliases, maxDepth: 1000 });
  if (text.includes('*')) demandMeasure(documents);
  return documents;
}

/** An alias is the same value again: whoever walks the tree walks it as often as it is named. */
function demandMeasure(documents: readonly unknown[]): void {
  let nodes = 0;
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ((nodes += 1) > maxNodes) throw new Error('its aliases stand for too much');
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(documents);
}
