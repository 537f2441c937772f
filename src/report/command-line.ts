/** The arguments as one line for a POSIX shell: pasting it runs exactly these arguments, whatever they contain. */
export const commandLine = (args: readonly string[]): string =>
  args.map((argument) => quoted(argument.toWellFormed())).join(' ');

function quoted(argument: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(argument)) return argument;
  // oxlint-disable-next-line no-control-regex -- control characters cannot be shown inside plain quotes
  if (/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/.test(argument))
    return ansiQuoted(argument);
  return `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

/** `$'…'`, in which control characters stand as escapes. */
const ansiQuoted = (argument: string): string =>
  `$'${argument.replaceAll(/['\\]/g, String.raw`\$&`).replaceAll(
    // oxlint-disable-next-line no-control-regex -- they are what is escaped
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}'`;
