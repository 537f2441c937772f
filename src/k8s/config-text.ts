/** One value in a configuration file: `spring.datasource.url` on line 3. Lines count from 1. */
export interface ConfigEntry {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/**
 * The values in a configuration file, whatever its format: YAML, JSON, properties, INI, TOML, a shell script or the directives of nginx, HAProxy and Caddy.
 * It reads line by line and never fails: a line it cannot take apart is one value without a key.
 */
export function entriesIn(text: string): readonly ConfigEntry[] {
  const json = jsonEntries(text);
  if (json) return json;
  const entries: ConfigEntry[] = [];
  const parents: { readonly indent: number; readonly key: string }[] = [];
  let section = '';
  for (const [index, raw] of text.split('\n').entries()) {
    const content = withoutComment(raw.trim());
    if (content === '' || content.length > 4000) continue;
    const heading = /^\[+([\w.\- "]+)\]+$/.exec(content)?.[1];
    if (heading !== undefined) {
      section = heading.replaceAll('"', '');
      parents.length = 0;
      continue;
    }
    if (/\{.*;/.test(content)) {
      entries.push(...directivesIn(content).map((directive) => ({ ...directive, line: index + 1 })));
      continue;
    }
    const indent = raw.length - raw.trimStart().length;
    const { key, value } = entryIn(content);
    const listed = content.startsWith('- ');
    while (parents.length > 0 && (parents.at(-1)?.indent ?? 0) >= indent + (listed && key === '' ? 1 : 0))
      parents.pop();
    const path = [section, ...parents.map((parent) => parent.key), key].filter((part) => part !== '').join('.');
    if (value === '' && key !== '') parents.push({ indent, key });
    else entries.push({ key: path, value, line: index + 1 });
  }
  return entries;
}

/** Several directives on one line: `location /api { proxy_pass http://api:3000; }`. */
const directivesIn = (content: string): readonly Omit<ConfigEntry, 'line'>[] =>
  content
    .split(/[{};]+/)
    .map((part) => entryIn(part.trim()))
    .filter(({ value }) => value !== '');

/** A line as key and value; a block's opening line has no value. */
function entryIn(content: string): { readonly key: string; readonly value: string } {
  const line = content.replace(/^- /, '').replace(/^export\s+/, '');
  const assigned =
    /^["']?([\w][\w.\-/]*)["']?\s*(?::(?=\s|$)|=(?!=)|:(?=["']))\s*(.*)$/.exec(line) ??
    /^([\w-]+)\s+(.+?);?$/.exec(line);
  if (!assigned) return { key: '', value: unquoted(line) };
  const [, key = '', value = ''] = assigned;
  return { key, value: /^[{[|>][-+]?,?$/.test(value) ? '' : unquoted(value) };
}

const unquoted = (text: string): string => {
  const bare = text.replace(/[,;]+$/, '').trim();
  return /^(["'`])(.*)\1$/.exec(bare)?.[2] ?? bare;
};

const withoutComment = (line: string): string =>
  /^(#|;|\/\/|<!--|--\s)/.test(line) ? '' : line.replace(/\s+#\s.*$/, '').trim();

/** Everything in one JSON document on line 1 where it stands on one line; undefined where the line reader does as well. */
function jsonEntries(text: string): readonly ConfigEntry[] | undefined {
  const trimmed = text.trim();
  if (!/^[{[]/.test(trimmed) || trimmed.includes('\n')) return undefined;
  try {
    return flattened(JSON.parse(trimmed) as unknown, '');
  } catch {
    return undefined;
  }
}

function flattened(value: unknown, key: string): readonly ConfigEntry[] {
  if (value !== null && typeof value === 'object')
    return Object.entries(value).flatMap(([name, inner]) =>
      flattened(inner, Array.isArray(value) ? key : [key, name].filter(Boolean).join('.')),
    );
  return typeof value === 'string' || typeof value === 'number' ? [{ key, value: String(value), line: 1 }] : [];
}
