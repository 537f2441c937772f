/** How a report looks where it is read: colours, marks and widths come from outside, so that rendering stays a pure function. */
export interface Style {
  /** Columns of the terminal; Infinity where the output is no terminal, so that nothing is wrapped. */
  readonly columns: number;
  readonly marks: Marks;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warning: Paint;
  readonly accent: Paint;
  /** A text in characters that the locale can show: our own typography is spelled in ASCII where it must be. */
  readonly spelled: (text: string) => string;
  /** Columns that a text takes: wide characters take two, combining ones none. */
  readonly widthOf: (text: string) => number;
  /** Breaks a text into lines of at most so many columns, at spaces where possible. */
  readonly wrap: (text: string, columns: number) => readonly string[];
}

type Paint = (text: string) => string;

export interface Marks {
  readonly passed: string;
  readonly broken: string;
  readonly warning: string;
  readonly notReached: string;
  readonly unknown: string;
  readonly arrow: string;
}

export const unicodeMarks: Marks = {
  passed: '✔',
  broken: '✖',
  warning: '▲',
  notReached: '·',
  unknown: '?',
  arrow: '→',
};
export const asciiMarks: Marks = { passed: '+', broken: 'x', warning: '!', notReached: '-', unknown: '?', arrow: '->' };

const plain: Paint = (text) => text;

/** No colour, no wrapping: what a file or a pipe gets. Widths are then those of plain Latin text unless better ones are given. */
export const plainStyle: Style = {
  columns: Number.POSITIVE_INFINITY,
  marks: unicodeMarks,
  bold: plain,
  dim: plain,
  good: plain,
  bad: plain,
  warning: plain,
  accent: plain,
  spelled: plain,
  widthOf: (text) => text.length,
  wrap: (text) => [text],
};

const spellings: Readonly<Record<string, string>> = {
  '→': '->',
  '…': '...',
  '’': "'",
  '×': 'x',
  '–': '-',
  '“': '"',
  '”': '"',
  '≠': '!=',
  '≤': '<=',
  '≥': '>=',
};

const ourOwn = new RegExp(`[${Object.keys(spellings).join('')}]`, 'g');

/** Spells our own typography in ASCII; what comes from the cluster in other scripts stays as it is. */
export const spelledInAscii = (text: string): string =>
  text.replaceAll(ourOwn, (character) => spellings[character] ?? character);
