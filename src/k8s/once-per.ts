/**
 * Remembers what was worked out of an object or a list for as long as that is there. Nothing that was read is ever changed, so the same
 * list means the same answer: hundreds of checks ask the same question of the same Pods, and an index over a namespace is built once.
 */
export function oncePer<Of extends object, Answer>(work: (of: Of) => Answer): (of: Of) => Answer {
  const known = new WeakMap<Of, { readonly answer: Answer }>();
  return (of) => {
    let found = known.get(of);
    if (!found) known.set(of, (found = { answer: work(of) }));
    return found.answer;
  };
}

/**
 * The same for a question about two things, of which the second is the list that everybody asks about. The answers live as long as that
 * list does: plain Maps, since a garbage collector that has to follow a hundred thousand weak keys takes longer than the questions.
 */
export function oncePerPair<First extends object, Second extends object, Answer>(
  work: (first: First, second: Second) => Answer,
): (first: First, second: Second) => Answer {
  const about = oncePer((_second: Second) => new Map<First, { readonly answer: Answer }>());
  return (first, second) => {
    const known = about(second);
    let found = known.get(first);
    if (!found) known.set(first, (found = { answer: work(first, second) }));
    return found.answer;
  };
}

/**
 * Remembers the last answer alone, for as long as the next question is the same: all checks ask it of one Service in turn, and nobody
 * asks it again once the next Service is judged.
 */
export function whileSame<Args extends readonly unknown[], Answer>(
  work: (...args: Args) => Answer,
): (...args: Args) => Answer {
  let last: { readonly args: Args; readonly answer: Answer } | undefined;
  return (...args) => {
    if (last?.args.length === args.length && last.args.every((arg, place) => arg === args[place])) return last.answer;
    const answer = work(...args);
    last = { args, answer };
    return answer;
  };
}
