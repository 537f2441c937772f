import { ownValue } from './labels.ts';
import type { Labels } from './objects.ts';

type Test = (labels: Labels) => boolean;

const tokens =
  /\s*(&&|\|\||!=|==|!|\(|\)|\{|\}|,|not\s+in\b|in\b|contains\b|starts\s+with\b|ends\s+with\b|'[^']*'|"[^"]*"|[\w./-]+)/y;

/**
 * Calico's selector language as a test of labels: `app == 'db' && has(tier)`, `ns not in {'a', 'b'}`, `all()`. Undefined for what cannot be read.
 * Source: libcalico-go/lib/selector/parser.
 */
export function calicoSelector(text: string): Test | undefined {
  const words: string[] = [];
  tokens.lastIndex = 0;
  const source = text.trim();
  while (tokens.lastIndex < source.length) {
    const found = tokens.exec(source);
    if (!found?.[1]) return undefined;
    words.push(found[1].replaceAll(/\s+/g, ' '));
  }
  if (words.length === 0) return () => true;
  const reader = { words, at: 0 };
  const test = either(reader);
  return test && reader.at === words.length ? test : undefined;
}

interface Reader {
  readonly words: readonly string[];
  at: number;
}

const take = (reader: Reader, word: string): boolean => {
  if (reader.words[reader.at] !== word) return false;
  reader.at += 1;
  return true;
};

const next = (reader: Reader): string => reader.words[reader.at++] ?? '';
const literal = (word: string): string => word.replace(/^['"]|['"]$/g, '');

function either(reader: Reader): Test | undefined {
  let left = both(reader);
  while (left && take(reader, '||')) {
    const [a, b] = [left, both(reader)];
    left = b && ((labels) => a(labels) || b(labels));
  }
  return left;
}

function both(reader: Reader): Test | undefined {
  let left = one(reader);
  while (left && take(reader, '&&')) {
    const [a, b] = [left, one(reader)];
    left = b && ((labels) => a(labels) && b(labels));
  }
  return left;
}

function one(reader: Reader): Test | undefined {
  if (take(reader, '!')) {
    const inner = one(reader);
    return inner && ((labels) => !inner(labels));
  }
  if (take(reader, '(')) {
    const inner = either(reader);
    return take(reader, ')') ? inner : undefined;
  }
  const word = next(reader);
  if (word === 'all' || word === 'global')
    return take(reader, '(') && take(reader, ')') ? () => word === 'all' : undefined;
  if (word === 'has') {
    if (!take(reader, '(')) return undefined;
    const key = literal(next(reader));
    return take(reader, ')') ? (labels) => ownValue(labels, key) !== undefined : undefined;
  }
  return comparison(literal(word), reader);
}

function comparison(key: string, reader: Reader): Test | undefined {
  const operator = next(reader);
  if (operator === 'in' || operator === 'not in') {
    if (!take(reader, '{')) return undefined;
    const values: string[] = [];
    while (!take(reader, '}')) {
      if (reader.at >= reader.words.length) return undefined;
      if (!take(reader, ',')) values.push(literal(next(reader)));
    }
    return (labels) => {
      const value = ownValue(labels, key);
      return (value !== undefined && values.includes(value)) === (operator === 'in');
    };
  }
  const wanted = literal(next(reader));
  if (wanted === '' && reader.at > reader.words.length) return undefined;
  const test = comparisons[operator];
  return test && ((labels) => test(ownValue(labels, key), wanted));
}

/** A label that is absent is unequal to everything, and begins with nothing. */
const comparisons: Readonly<Record<string, (value: string | undefined, wanted: string) => boolean>> = {
  '==': (value, wanted) => value === wanted,
  '!=': (value, wanted) => value !== wanted,
  contains: (value, wanted) => value?.includes(wanted) ?? false,
  'starts with': (value, wanted) => value?.startsWith(wanted) ?? false,
  'ends with': (value, wanted) => value?.endsWith(wanted) ?? false,
};
