import { readFile } from 'node:fs/promises';
import { reportVersion, type Report, type ReportList } from '../diagnosis/report.ts';
import { UserError } from '../snapshot/user-error.ts';

/** One report that was written with -o json, and where it was read. */
export interface ReportFile {
  readonly name: string;
  readonly content: Report | ReportList;
}

/** Reads what `check` or `gate` has written with -o json, several in a row too. Throws a UserError that names the file. */
export async function readReports(
  path: string,
  stdin: AsyncIterable<Uint8Array | string>,
): Promise<readonly ReportFile[]> {
  const name = path === '-' ? 'standard input' : path;
  const text =
    path === '-'
      ? await textOf(stdin)
      : await readFile(path, 'utf8').catch((error: unknown) => {
          throw unreadable(name, messageOf(error), error);
        });
  const documents = inARow(text).map((document): unknown => {
    try {
      return JSON.parse(document);
    } catch (error) {
      throw unreadable(name, messageOf(error), error);
    }
  });
  if (documents.length === 0) throw unreadable(name, 'it is empty');
  return documents.map((content) => {
    if (!isReport(content)) throw unreadable(name, `it holds no report of ${reportVersion}`);
    return { name, content };
  });
}

/** Each report begins with a brace at the start of a line and ends with one: so that the output of several runs can be one stream. */
const inARow = (text: string): readonly string[] =>
  text
    .split(/(?<=^\})\r?\n(?=\{)/m)
    .map((document) => document.trim())
    .filter((document) => document !== '');

async function textOf(stream: AsyncIterable<Uint8Array | string>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

const unreadable = (name: string, why: string, cause?: unknown) =>
  new UserError('report-unreadable', `${name} is no report: ${why}`, {
    hint: 'write it with svcdoctor check -A --shard 0/4 -o json',
    cause,
  });

const messageOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);

const isReport = (value: unknown): value is Report | ReportList => {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('apiVersion' in value)) return false;
  if (value.apiVersion !== reportVersion) return false;
  return value.kind === 'Report' ? isOneReport(value) : value.kind === 'ReportList' && isList(value);
};

const isList = (value: object): boolean =>
  'items' in value && Array.isArray(value.items) && value.items.every(isOneReport);

const isOneReport = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'target' in value &&
  typeof value.target === 'string' &&
  'verdict' in value &&
  'findings' in value &&
  Array.isArray(value.findings) &&
  'checks' in value &&
  Array.isArray(value.checks);
