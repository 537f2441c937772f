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

/** The same for a question about two things, of which the second is asked about more often. */
export function oncePerPair<First extends object, Second extends object, Answer>(
  work: (first: First, second: Second) => Answer,
): (first: First, second: Second) => Answer {
  const about = oncePer((second: Second) => oncePer((first: First) => work(first, second)));
  return (first, second) => about(second)(first);
}
