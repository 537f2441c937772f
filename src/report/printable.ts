/**
 * A text from the cluster, safe to print: control characters, bidirectional overrides and lone surrogates become visible escapes, so that
 * no label, message or log line can move the cursor, recolour the screen or hide a part of itself; and so that none is a command to the CI whose log
 * it is printed in. Line breaks become spaces.
 */
export const printable = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/\s*\r?\n\s*/g, ' ')
    .replaceAll('\t', ' ')
    // oxlint-disable-next-line no-control-regex -- control characters are the subject here
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escaped)
    // At the beginning of a line, spaces apart, GitHub takes `::error::` for a command. Where a line will begin, nobody knows here.
    .replaceAll(/(?<=^|\s)::(?=[a-z][\w-]*(?:\s.*)?::)/gi, ': :')
    // Anywhere in a line: `##[error]` for GitHub, `##vso[task.setvariable]` for Azure, `##teamcity[…]`.
    .replaceAll(/##(?=\w*\[)/g, '# #');

/** The same for text within double quotes, as JSON and YAML have them: what their own rules let through stands as escapes, and nothing is lost. */
export const escapedInQuotes = (text: string): string =>
  text.replaceAll(
    // oxlint-disable-next-line no-control-regex -- they are what is escaped
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|##(?=\w*\[)/g,
    (found) => `${found.slice(1)}${escaped(found)}`,
  );

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
