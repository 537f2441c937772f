import { escapedInQuotes } from './printable.ts';
import { reportVersion, type Report, type ReportList } from '../diagnosis/report.ts';
import type { Edition } from './edition.ts';

/** What `report.schema.json` describes, as JSON, in pieces: of ten thousand Services the whole would be longer than a string may be. */
export function* renderJson(edition: Edition): Generator<string> {
  const content = reportOrList(edition);
  if (content.kind === 'Report' || content.items.length === 0) return yield `${indented(content)}\n`;
  const [head = '', tail = ''] = indented({ ...content, items: [0] }).split(/ +0\n/);
  yield head;
  for (const [index, item] of content.items.entries()) {
    const end = index === content.items.length - 1 ? '\n' : ',\n';
    yield indented(item).replaceAll(/^/gm, '    ') + end;
  }
  yield `${tail}\n`;
}

/**
 * JSON that may be shown in a terminal or the log of a CI: what JSON itself lets through, control characters above ASCII, bidirectional overrides and
 * what a CI would take for a command, stands as escapes.
 */
export const indented = (value: unknown): string => escapedInQuotes(JSON.stringify(value, undefined, 2));

/** One Service by its name is one Report; whoever asks for a namespace gets a list, however many Services it has today. */
export function reportOrList({ reports, single, shard }: Edition): Report | ReportList {
  const [only] = reports;
  return only && single
    ? only
    : { apiVersion: reportVersion, kind: 'ReportList', ...(shard === undefined ? {} : { shard }), items: reports };
}
