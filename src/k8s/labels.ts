import type { LabelSelector, Labels } from './objects.ts';

/** `app=db,tier=backend`: the form that `kubectl get -l` takes, keys in alphabetical order. */
export const formatLabels = (labels: Labels | null | undefined): string =>
  Object.entries(labels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

/** Whether `labels` contain every pair of `wanted`. No pair at all is contained in anything. */
export const includesLabels = (labels: Labels | undefined, wanted: Labels): boolean =>
  Object.keys(wanted).every((key) => ownValue(labels, key) === wanted[key]);

/** Objects by key and value of each of their labels, in their order. */
export function indexByLabel<T>(
  objects: readonly T[],
  labelsOf: (object: T) => Labels | undefined,
): ReadonlyMap<string, ReadonlyMap<string, readonly T[]>> {
  const index = new Map<string, Map<string, T[]>>();
  for (const object of objects) {
    for (const [key, value] of Object.entries(labelsOf(object) ?? {})) {
      let values = index.get(key);
      if (!values) index.set(key, (values = new Map()));
      const having = values.get(value);
      if (having) having.push(object);
      else values.set(value, [object]);
    }
  }
  return index;
}

/** The value of a label that stands on the object itself, never one that JavaScript inherits. */
export const ownValue = (labels: Labels | undefined, key: string): string | undefined =>
  labels && Object.hasOwn(labels, key) ? labels[key] : undefined;

/**
 * Whether a LabelSelector matches: an empty one matches everything, a missing one nothing.
 * `NotIn` and `DoesNotExist` also match objects without the key.
 * Source: apimachinery/pkg/labels/selector.go, Requirement.Matches.
 */
export function matchesLabelSelector(labels: Labels | undefined, selector: LabelSelector | undefined): boolean {
  if (!selector) return false;
  if (!includesLabels(labels, selector.matchLabels ?? {})) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = ownValue(labels, key);
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
    }
  });
}

/** A LabelSelector in kubectl's words: `app=db,tier in (a,b),!canary`; an empty one as `(all)`. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  if (!selector) return '(none)';
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'In':
        return `${key} in (${values.join(',')})`;
      case 'NotIn':
        return `${key} notin (${values.join(',')})`;
      case 'Exists':
        return key;
      case 'DoesNotExist':
        return `!${key}`;
    }
  });
  return [formatLabels(selector.matchLabels), ...expressions].filter((part) => part !== '').join(',') || '(all)';
}
