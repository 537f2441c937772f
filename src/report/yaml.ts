import { stringify } from 'yaml';
import type { Edition } from './edition.ts';
import { reportOrList } from './json.ts';

/** The same as JSON, as YAML. */
export const renderYaml = (edition: Edition): string => printableYaml(reportOrList(edition));

/** What a terminal or the log of a CI would take for something else than text, and tabs: within double quotes all of it can be escaped. */
const unsafe = /\t|^\s*::[a-z][\w-]*(\s.*)?::|##\w*\[|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/im;

const options = { lineWidth: 0, aliasDuplicateObjects: false } as const;
const quoted = {
  ...options,
  blockQuote: false,
  defaultStringType: 'QUOTE_DOUBLE',
  defaultKeyType: 'PLAIN',
  doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY,
} as const;

function printableYaml(value: object): string {
  const text = stringify(value, options);
  return (unsafe.test(text) ? stringify(value, quoted) : text).replaceAll(
    // oxlint-disable-next-line no-control-regex -- they are what is escaped
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|##(?=\w*\[)/g,
    (found) => `${found.slice(1)}\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
