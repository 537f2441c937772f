import { stringify } from 'yaml';
import type { Snapshot } from './snapshot.ts';

/** The text of a Snapshot file, which may be shown in a terminal. */
export const formatSnapshot = (snapshot: Snapshot): string => printableYaml(snapshot);

/** What a terminal or the log of a CI would take for something else than text: within double quotes all of it can be escaped. */
const unsafe = /^\s*::[a-z][\w-]*(\s.*)?::|##\w*\[|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/im;

const options = { lineWidth: 0, aliasDuplicateObjects: false } as const;
const quoted = {
  ...options,
  blockQuote: false,
  defaultStringType: 'QUOTE_DOUBLE',
  defaultKeyType: 'PLAIN',
  doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY,
} as const;

function printableYaml(value: Snapshot): string {
  const text = stringify(value, options);
  return (unsafe.test(text) ? stringify(value, quoted) : text).replaceAll(
    // oxlint-disable-next-line no-control-regex -- they are what is escaped
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|##(?=\w*\[)/g,
    (found) => `${found.slice(1)}\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
