/**
 * Reads messages in protobuf's wire format and keeps of them only the fields that a message is told to have: what is skipped costs one look
 * at its length, and no memory. Source: https://protobuf.dev/programming-guides/encoding/
 */

/** The bytes of one answer, how far they were read, and the values that many messages in it say alike. */
export interface Source {
  readonly bytes: Buffer;
  at: number;
  readonly alike: Alike;
}

/** Values of shared fields, by the bytes that stand for them. */
export type Alike = Map<object, Map<string, unknown>>;

/** How a field's value is written and read. `read` starts where the value starts; `end` is where a value with a length ends. */
export interface Type {
  readonly wire: 0 | 2;
  read(source: Source, end: number): unknown;
}

/** A field of a message: its number, and how it becomes a field of a JSON object. */
export interface Field {
  readonly number: number;
  readonly type: Type;
  /** `inline`: its fields are fields of the object around it. */
  readonly as: 'value' | 'list' | 'map' | 'inline';
  /** Go writes what is empty, and its JSON leaves it out. */
  readonly omitsEmpty: boolean;
  /** Many messages say the same here: it is read once. */
  readonly shared: boolean;
}

export type Fields = Readonly<Record<string, Field>>;

/** Bytes that are no such message. */
export class NotProtobuf extends Error {}

const varint = 0;
const delimited = 2;

/** How many different values of a field are remembered at once: objects come by namespace and name, so what is alike comes together. */
const remembered = 512;

export const sourceOf = (bytes: Buffer, alike: Alike): Source => ({ bytes, at: 0, alike });

interface Message extends Type {
  readonly fields: Fields;
  into(source: Source, end: number, object: Keyed): void;
}

/** A type for messages with these fields; the fields of the object come in the order in which they came over the wire. */
export function message(fields: Fields): Message {
  // By tag, which holds the number and how it is written: a field that is written otherwise is a field that nobody knows.
  const byTag: (Named | undefined)[] = [];
  for (const [name, field] of Object.entries(fields)) byTag[field.number * 8 + field.type.wire] = { name, ...field };
  const into = (source: Source, end: number, object: Keyed): void => {
    while (source.at < end) {
      const tag = readVarint(source);
      const field = byTag[tag];
      if (field) readField(source, end, tag, field, object);
      else skip(source, tag & 7, end);
    }
    if (source.at !== end) throw new NotProtobuf('a field that goes beyond its message');
  };
  const read = (source: Source, end: number) => {
    const object: Keyed = {};
    into(source, end, object);
    return object;
  };
  return { wire: delimited, fields, read, into };
}

type Keyed = Record<string, unknown>;
interface Named extends Field {
  readonly name: string;
}

function readField(source: Source, end: number, tag: number, field: Named, object: Keyed): void {
  const { name, type, as } = field;
  if (as === 'inline') return (type as Message).into(source, endOf(source, end), object);
  if (as === 'value' && !field.shared) {
    const value = type.read(source, type.wire === varint ? end : endOf(source, end));
    if (value !== undefined && !(field.omitsEmpty && (value === '' || value === 0 || value === false)))
      object[name] = value;
    return;
  }
  const value = field.shared ? sharedRun(source, end, tag, field) : readRun(source, endOfRun(source, end, tag), field);
  const before = object[name];
  // Items of a list need not stand side by side, though they do.
  if (as === 'list' && Array.isArray(before)) object[name] = [...before, ...(value as unknown[])];
  else if (as === 'map' && before !== undefined) object[name] = { ...before, ...(value as Keyed) };
  else object[name] = value;
}

/** Bytes that were read before stand for the value that was made of them. */
function sharedRun(source: Source, end: number, tag: number, field: Named): unknown {
  const start = source.at;
  const runEnd = endOfRun(source, end, tag);
  let known = source.alike.get(field);
  if (!known) source.alike.set(field, (known = new Map()));
  const key = source.bytes.toString('latin1', start, runEnd);
  let value = known.get(key);
  if (value !== undefined) {
    source.at = runEnd;
    return value;
  }
  value = readRun(source, runEnd, field);
  if (known.size >= remembered) known.clear();
  known.set(key, value);
  return value;
}

/** Where the fields with this tag that follow each other end. The first tag is read already, and `at` stays where it is. */
function endOfRun(source: Source, end: number, tag: number): number {
  const start = source.at;
  let runEnd = start;
  for (;;) {
    skip(source, tag & 7, end);
    runEnd = source.at;
    if (runEnd >= end || readVarint(source) !== tag) break;
  }
  source.at = start;
  return runEnd;
}

function readRun(source: Source, runEnd: number, { type, as }: Named): unknown {
  if (as === 'value') return type.read(source, endOf(source, runEnd));
  const entries: unknown[] = [];
  for (;;) {
    entries.push(type.read(source, type.wire === varint ? runEnd : endOf(source, runEnd)));
    if (source.at >= runEnd) break;
    readVarint(source);
  }
  return as === 'list' ? entries : Object.fromEntries(entries as [string, unknown][]);
}

/** The messages that stand in a field of a message, one after another. */
export function* each(bytes: Buffer, number: number, type: Type, alike: Alike): Generator {
  const source = sourceOf(bytes, alike);
  while (source.at < bytes.length) {
    const tag = readVarint(source);
    if (tag === number * 8 + delimited) yield type.read(source, endOf(source, bytes.length));
    else skip(source, tag & 7, bytes.length);
  }
}

/** Where the value that starts with its length ends. */
function endOf(source: Source, limit: number): number {
  const length = readVarint(source);
  const end = source.at + length;
  if (!(end <= limit)) throw new NotProtobuf('a value that goes beyond its message');
  return end;
}

function skip(source: Source, wire: number, end: number): void {
  if (wire === delimited) source.at = endOf(source, end);
  else if (wire === varint) readVarint(source);
  else if (wire === 1) source.at += 8;
  else if (wire === 5) source.at += 4;
  else throw new NotProtobuf('a field of no kind');
}

function readVarint(source: Source): number {
  const { bytes } = source;
  let value = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = bytes[source.at++];
    if (byte === undefined) throw new NotProtobuf('it breaks off');
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return readLongVarint(source, value);
}

/** Beyond 28 bits; a negative number has all its 64 bits written. */
function readLongVarint(source: Source, low: number): number {
  let value = BigInt(low);
  for (let shift = 28n; shift < 70n; shift += 7n) {
    const byte = source.bytes[source.at++];
    if (byte === undefined) throw new NotProtobuf('it breaks off');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return Number(BigInt.asIntN(64, value));
  }
  throw new NotProtobuf('a number without an end');
}

export const text: Type = {
  wire: delimited,
  read: (source, end) => {
    const value = source.bytes.toString('utf8', source.at, end);
    source.at = end;
    return value;
  },
};

export const number: Type = { wire: varint, read: readVarint };

export const truth: Type = { wire: varint, read: (source) => readVarint(source) !== 0 };

/** Something written of which nobody needs more than its bytes: where they are, and that they are read by somebody else. */
export const bytes: Type = {
  wire: delimited,
  read: (source, end) => {
    const value = source.bytes.subarray(source.at, end);
    source.at = end;
    return value;
  },
};

const entryOf = (type: Type): Type => {
  const entry = message({ key: value(1, text), value: value(2, type) });
  return {
    wire: delimited,
    read: (source, end) => {
      const { key = '', value: held = '' } = entry.read(source, end) as Keyed;
      return [key, held];
    },
  };
};

const plain = { omitsEmpty: false, shared: false } as const;

/** A field whose JSON is there whenever it is written: of a pointer in Go, or without `omitempty`. */
export const value = (number: number, type: Type): Field => ({ number, type, as: 'value', ...plain });
/** A field that JSON leaves out where it is empty, nought or false. */
export const unlessEmpty = (number: number, type: Type): Field => ({ ...value(number, type), omitsEmpty: true });
export const list = (number: number, type: Type): Field => ({ number, type, as: 'list', ...plain });
export const map = (number: number, type: Type = text): Field => ({ number, type: entryOf(type), as: 'map', ...plain });
export const inline = (number: number, type: Message): Field => ({
  number,
  type,
  as: 'inline',
  ...plain,
});
export const shared = (field: Field): Field => ({ ...field, shared: true });
