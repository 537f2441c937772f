import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The code blocks of a page of this repository, by the file name in the comment on their first line. */
export async function codeBlocksOf(page: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(import.meta.dirname, '../..', page), 'utf8');
  const named = [...text.matchAll(/^```\w+\n(?:#|\/\/) (\S+)\n([\s\S]*?)^```$/gm)];
  return new Map(named.map(([, name = '', code = '']) => [name, code]));
}
