import { stringify } from 'yaml';
import type { Edition } from './edition.ts';
import { reportOrList } from './json.ts';
import { escapedInQuotes } from './printable.ts';

/** The same as JSON, as YAML. */
export const renderYaml = (edition: Edition): string => printableYaml(reportOrList(edition), unsafeOrTab);

/** The text of a Snapshot file, which may be shown in a terminal. Tabs stay in it: a Corefile may be full of them. */
export const formatSnapshot = (snapshot: object): string => printableYaml(snapshot, unsafe);

/** What a terminal or the log of a CI would take for something else than text: within double quotes all of it can be escaped. */
const unsafe = /^\s*::[a-z][\w-]*(\s.*)?::|##\w*\[|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/im;
const unsafeOrTab = new RegExp(`\\t|${unsafe.source}`, unsafe.flags);

const options = { lineWidth: 0, aliasDuplicateObjects: false } as const;
const quoted = {
  ...options,
  blockQuote: false,
  defaultStringType: 'QUOTE_DOUBLE',
  defaultKeyType: 'PLAIN',
  doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY,
} as const;

function printableYaml(value: object, asksForQuotes: RegExp): string {
  const text = stringify(value, options);
  return escapedInQuotes(asksForQuotes.test(text) ? stringify(value, quoted) : text);
}
