import type { Random } from '../generated/random.ts';

/** What people, programs and attackers write where a name or a message is expected. */
const texts: readonly string[] = [
  '',
  ' ',
  '0',
  '-1',
  'null',
  '__proto__',
  'constructor',
  'toString',
  'a'.repeat(5_000),
  '\u001b[31mred\u001b[0m',
  '\u0000',
  '\ud800',
  '\u202egnp.exe',
  '::error::injected',
  '$(reboot) `reboot` ; reboot #',
  '\'"\\',
  '</script><script>alert(1)</script>',
  'https://user:secret@db.demo.svc.cluster.local.:5432/x?y=%zz',
  'db.demo.svc.cluster.local',
  '10.96.0.1',
  '::ffff:10.0.0.1',
  '0.0.0.0/0',
  '300.1.1.1/99',
  '2026-13-45T99:99:99Z',
  '1970-01-01T00:00:00Z',
  '.:53 {\n  forward . /etc/resolv.conf\n  kubernetes cluster.local\n',
  '%s%n%x'.repeat(20),
  '(a+)+$',
  '🐘'.repeat(50),
];

const numbers: readonly number[] = [
  0,
  -0,
  -1,
  1,
  53,
  80,
  5432,
  65_535,
  65_536,
  2 ** 31,
  2 ** 53,
  1e308,
  -1e308,
  0.1,
  5e-324,
];

type Fields = Record<string, unknown>;

/**
 * A document with one to four things changed, the unchanged parts shared with the original. Most changes keep the type of what they
 * change: what is refused at once finds nothing.
 */
export function mutated(document: unknown, other: unknown, random: Random): unknown {
  let changed = document;
  for (let times = random.chance(0.6) ? 1 : random.between(2, 4); times > 0; times -= 1)
    changed = changedWithin(changed, other, random, 0);
  return changed;
}

/** Goes down by chance and copies on the way back. */
function changedWithin(value: unknown, other: unknown, random: Random, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return changedScalar(value, other, random);
  if (depth > 2 && random.chance(0.12)) return changedWhole(value, other, random);
  if (Array.isArray(value)) {
    if (value.length === 0) return random.chance(0.5) ? value : [partOf(other, random)];
    const copy: unknown[] = [...(value as readonly unknown[])];
    const index = random.between(0, copy.length - 1);
    if (depth > 0 && random.chance(0.15)) return changedList(copy, index, random);
    copy[index] = changedWithin(copy[index], other, random, depth + 1);
    return copy;
  }
  const keys = Object.keys(value);
  const copy: Fields = { ...(value as Fields) };
  if (depth > 1 && random.chance(0.15)) return changedFields(copy, keys, random);
  if (keys.length === 0) return copy;
  // What the file says of itself is little, and most of it is refused when changed.
  const lists = depth === 0 && random.chance(0.97) ? keys.filter((each) => Array.isArray(copy[each])) : keys;
  const key = random.pick(lists.length > 0 ? lists : keys);
  put(copy, key, changedWithin(copy[key], other, random, depth + 1));
  return copy;
}

function changedScalar(value: unknown, other: unknown, random: Random): unknown {
  if (random.chance(0.04)) return random.pick([null, [], {}, true, 5, 'x', [[null]], [{}], partOf(other, random)]);
  if (typeof value === 'string') return random.chance(0.5) ? random.pick(texts) : spoiltText(value, random);
  if (typeof value === 'number') return random.chance(0.7) ? random.pick(numbers) : value + random.between(-2, 2);
  if (typeof value === 'boolean') return !value;
  return value;
}

/** Something of another case in its place, or something of another type. */
const changedWhole = (value: object, other: unknown, random: Random): unknown =>
  random.chance(0.5)
    ? random.pick([[], {}, null, 'x', 0, nested(random.between(3, 300))])
    : (partOf(other, random) ?? value);

function changedList(copy: unknown[], index: number, random: Random): unknown[] {
  const item = copy[index];
  switch (random.between(0, 4)) {
    case 0:
      copy.splice(index, 1);
      return copy;
    case 1:
      copy.push(item);
      return copy;
    case 2:
      return [];
    case 3:
      return copy.toReversed();
    default:
      return Array.from({ length: random.between(2, 60) }, () => item);
  }
}

function changedFields(copy: Fields, keys: readonly string[], random: Random): Fields {
  const key = keys.length === 0 ? 'x' : random.pick(keys);
  switch (random.between(0, 4)) {
    case 0:
    case 1:
      delete copy[key];
      return copy;
    case 2:
      put(
        copy,
        random.pick(['__proto__', 'constructor', 'toString', '', 'hasOwnProperty', 'x'.repeat(300)]),
        copy[key] ?? 'x',
      );
      return copy;
    case 3:
      copy[key] = null;
      return copy;
    default:
      if (keys.length > 0) put(copy, key, copy[random.pick(keys)]);
      return copy;
  }
}

/** As JSON.parse makes it: a field of its own, also where its name is `__proto__`. */
function put(fields: Fields, key: string, value: unknown): void {
  Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
}

function partOf(document: unknown, random: Random): unknown {
  let part = document;
  for (let depth = random.between(2, 9); depth > 0 && typeof part === 'object' && part !== null; depth -= 1) {
    const inner = Object.values(part) as readonly unknown[];
    if (inner.length === 0) break;
    part = random.pick(inner.map((each) => ({ each }))).each;
  }
  return structuredClone(part);
}

function nested(depth: number): unknown {
  let value: unknown = 'x';
  for (let at = 0; at < depth; at += 1) value = at % 2 === 0 ? { a: value } : [value];
  return value;
}

/** A text with one to five of its characters changed, doubled, taken away or moved. */
export function spoiltText(text: string, random: Random): string {
  let spoilt = text;
  for (let times = random.between(1, 5); times > 0; times -= 1) {
    const at = random.between(0, spoilt.length);
    const length = random.between(0, random.chance(0.2) ? 200 : 2);
    const instead = random.chance(0.5)
      ? String.fromCodePoint(random.chance(0.8) ? random.between(0, 127) : random.between(128, 0xd7ff))
      : random.pick([
          '',
          '&a ',
          '*a ',
          '<<: ',
          '- ',
          ': ',
          '!!js/function ',
          '---\n',
          '\t',
          '{',
          '[',
          '"',
          '|\n',
          '\u0000',
          spoilt.slice(at, at + 40),
        ]);
    spoilt = `${spoilt.slice(0, at)}${instead}${spoilt.slice(at + length)}`;
  }
  return spoilt;
}
