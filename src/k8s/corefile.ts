import { oncePer } from './once-per.ts';

/** CoreDNS's configuration, read as CoreDNS reads it. Source: coredns/caddy caddyfile/{lexer,parse}.go and coredns core/dnsserver. */

export interface Corefile {
  readonly blocks: readonly ServerBlock[];
  /** Why CoreDNS refuses to start with this text; undefined where nothing is wrong with it. */
  readonly error: CorefileError | undefined;
  /** Imports of files that nobody could look into: whatever they hold is missing here. */
  readonly unknownImports: readonly string[];
}

export interface CorefileError {
  readonly line: number;
  /** In CoreDNS's own words: `Unknown directive 'proxy'`. */
  readonly message: string;
  /** The word it stumbles over. */
  readonly word: string;
}

/** `cluster.local:53 { … }`: the zones it serves and what it does with their names. */
export interface ServerBlock {
  readonly zones: readonly { readonly zone: string; readonly port: number }[];
  readonly plugins: readonly CorefilePlugin[];
  readonly line: number;
  /** The imported file that `line` counts in; absent in the Corefile itself. */
  readonly file?: string;
}

export interface CorefilePlugin {
  readonly name: string;
  readonly args: readonly string[];
  /** The lines between its braces, each as words. */
  readonly body: readonly (readonly string[])[];
  readonly line: number;
  readonly file?: string;
}

/** The order in which plugins see a query, whatever their order in the file. Source: coredns core/dnsserver/zdirectives.go, 1.15 and before. */
export const standardPlugins: readonly string[] =
  'root metadata geoip cancel proxyproto quic grpc_server https https3 timeouts multisocket reload nsid bufsize bind debug trace ready health pprof shed prometheus errors log dnstap local dns64 siit any chaos loadbalance tsig rewrite autopath acl cache header dnssec tls minimal template transfer dynupdate hosts route53 azure clouddns k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on sign view nomad startup shutdown'.split(
    ' ',
  );

/** Plugins that earlier versions had, and what took their place. */
export const removedPlugins: Readonly<Record<string, string>> = {
  proxy: 'forward, since CoreDNS 1.5',
  federation: 'nothing, since CoreDNS 1.7',
  reverse: 'template, since CoreDNS 1.3',
};

/** Options that did nothing for a while, and are unknown since: of kubernetes, `upstream` and `resyncperiod`. Source: CoreDNS 1.7 notes. */
export const removedOptions: readonly string[] = ['upstream', 'resyncperiod'];

/**
 * The line that CoreDNS complains of: `/etc/coredns/Corefile:9 - Error during parsing: unknown property 'upstream'`. A text that no longer
 * holds the word there was changed since.
 */
export function lineNamedIn(
  complaint: string,
  text: string,
): { readonly number: number; readonly text: string } | undefined {
  const number = Number(/\bCorefile:(\d+)/.exec(complaint)?.[1] ?? 0);
  const word = /'([^']+)'/.exec(complaint)?.[1];
  const line = text.split('\n')[number - 1];
  return line === undefined || (word !== undefined && !line.includes(word)) ? undefined : { number, text: line };
}

interface Token {
  readonly text: string;
  readonly line: number;
  /** Which text it stands in: imported lines must not run together with those around the import. */
  readonly source: number;
  readonly file?: string;
}

class Refusal extends Error {
  readonly at: CorefileError;
  constructor(at: CorefileError) {
    super(at.message);
    this.at = at;
  }
}

const refuse = (message: string, token: Token | undefined): never => {
  throw new Refusal({ message, line: token?.line ?? 0, word: token?.text ?? '' });
};

export interface ImportedText {
  readonly file: string;
  readonly text: string;
}

/** Finds the files of an `import`: a snippet's name is tried first. Undefined: nobody knows what is in that file. */
export type ImportedTexts = (pattern: string) => readonly ImportedText[] | undefined;

/** Parses what it can: with an error, the blocks before it. Imports whose files are unknown are passed over. */
export function parseCorefile(text: string, imported: ImportedTexts = () => undefined): Corefile {
  const blocks: ServerBlock[] = [];
  const imports: Imports = { snippets: new Map(), imported, sources: 0, unknown: [] };
  try {
    const tokens = expandImports(tokensOf(text), imports, 0);
    for (let at = 0; at < tokens.length;) at = readBlock(tokens, at, blocks);
    return { blocks, error: undefined, unknownImports: imports.unknown };
  } catch (error) {
    if (error instanceof Refusal) return { blocks, error: error.at, unknownImports: imports.unknown };
    throw error;
  }
}

/** Words, and quoted texts that may hold spaces and line breaks; the rest of a line after `#` is a comment. */
function tokensOf(text: string, file?: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (const [whole, quoted] of text.matchAll(/\n|"((?:[^"\\]|\\[\s\S])*)"|#[^\n]*|[^\s#][^\s#]*/g)) {
    if (whole === '\n') line += 1;
    else if (!whole.startsWith('#'))
      tokens.push({
        text: quoted?.replaceAll('\\"', '"') ?? whole,
        line,
        source: 0,
        ...(file === undefined ? {} : { file }),
      });
    if (quoted !== undefined) line += linesIn(quoted);
  }
  return tokens;
}

const linesIn = (text: string): number => text.split('\n').length - 1;

function startsLine(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1];
  return !before || before.line + linesIn(before.text) !== tokens[at]?.line || before.source !== tokens[at]?.source;
}

interface Imports {
  readonly snippets: Map<string, readonly Token[]>;
  readonly imported: ImportedTexts;
  sources: number;
  readonly unknown: string[];
}

/** Where the brace at `at` closes. */
function closing(tokens: readonly Token[], at: number): number {
  let depth = 0;
  for (let index = at; index < tokens.length; index += 1) {
    if (tokens[index]?.text === '{') depth += 1;
    if (tokens[index]?.text === '}' && (depth -= 1) === 0) return index;
  }
  return refuse('Unexpected EOF: a closing brace is missing', tokens[at]);
}

/** Takes snippets out and puts what they hold, and what imported files hold, in the place of each `import`. */
function expandImports(tokens: readonly Token[], imports: Imports, depth: number): readonly Token[] {
  if (depth > 20) return refuse('maximum snippet import depth exceeded', tokens[0]);
  const expanded: Token[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (!token) break;
    const snippet = /^\((.+)\)$/.exec(token.text)?.[1];
    if (snippet !== undefined && startsLine(tokens, at) && tokens[at + 1]?.text === '{') {
      const end = closing(tokens, at + 1);
      imports.snippets.set(snippet, tokens.slice(at + 2, end));
      at = end;
    } else if (token.text === 'import' && startsLine(tokens, at)) {
      const pattern = tokens[at + 1];
      if (!pattern || startsLine(tokens, at + 1)) return refuse("Wrong argument count after 'import'", token);
      for (const found of importedTokens(pattern, imports)) {
        const source = (imports.sources += 1);
        expanded.push(...expandImports(found, imports, depth + 1).map((inner) => ({ ...inner, source })));
      }
      at += 1;
    } else expanded.push(token);
  }
  return expanded;
}

function importedTokens(pattern: Token, { snippets, imported, unknown }: Imports): readonly (readonly Token[])[] {
  const snippet = snippets.get(pattern.text);
  if (snippet) return [snippet];
  const texts = imported(pattern.text);
  if (!texts) unknown.push(pattern.text);
  if (texts?.length === 0 && !/[*?[\]]/.test(pattern.text))
    return refuse(`File to import not found: ${pattern.text}`, pattern);
  return (texts ?? []).map(({ file, text }) => tokensOf(text, file));
}

function readBlock(tokens: readonly Token[], start: number, blocks: ServerBlock[]): number {
  const keys: Token[] = [];
  let at = start;
  for (; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (!token || token.text === '{') break;
    const continues = tokens[at - 1]?.text.endsWith(',') ?? false;
    if (keys.length > 0 && startsLine(tokens, at) && !continues) break;
    keys.push(token);
  }
  if (tokens[start]?.text === '}') return refuse("Unexpected '}' because no matching opening brace", tokens[start]);
  const braced = tokens[at]?.text === '{';
  const end = braced ? closing(tokens, at) : tokens.length;
  const plugins: CorefilePlugin[] = [];
  for (let next = braced ? at + 1 : at; next < end;) next = readPlugin(tokens, next, end, plugins);
  const zones = keys.flatMap(({ text }) => zonesOf(text.replace(/,$/, '')));
  if (zones.length > 0) blocks.push({ zones, plugins, ...placeOf(keys[0]) });
  return end + 1;
}

function readPlugin(tokens: readonly Token[], start: number, end: number, plugins: CorefilePlugin[]): number {
  const head = tokens[start];
  if (!head) return end;
  if (!standardPlugins.includes(head.text)) refuse(`Unknown directive '${head.text}'`, head);
  const args: string[] = [];
  let at = start + 1;
  for (; at < end && !startsLine(tokens, at) && tokens[at]?.text !== '{'; at += 1) args.push(tokens[at]?.text ?? '');
  const body: string[][] = [];
  if (tokens[at]?.text === '{' && !startsLine(tokens, at)) {
    const close = closing(tokens, at);
    for (let inner = at + 1; inner < close; inner += 1) {
      if (inner === at + 1 || startsLine(tokens, inner)) body.push([]);
      body.at(-1)?.push(tokens[inner]?.text ?? '');
    }
    at = close + 1;
  }
  plugins.push({ name: head.text, args, body, ...placeOf(head) });
  return at;
}

const placeOf = (token: Token | undefined): { readonly line: number; readonly file?: string } => ({
  line: token?.line ?? 0,
  ...(token?.file === undefined ? {} : { file: token.file }),
});

/** `cluster.local:53`, `dns://.:53`, `10.0.0.0/24`; other transports than plain DNS are left out. Reverse zones by address stay as they are written. */
function zonesOf(key: string): readonly { readonly zone: string; readonly port: number }[] {
  const [, transport = 'dns', rest = ''] = /^(?:(\w+):\/\/)?(.*)$/.exec(key) ?? [];
  if (transport !== 'dns') return [];
  const [, zone = '', port = '53'] = /^(.*?)(?::(\d+))?$/.exec(rest) ?? [];
  return [{ zone: normalZone(zone), port: Number(port) }];
}

/** Lower case, without the last dot; the root zone is the empty string. */
export const normalZone = (zone: string): string => zone.toLowerCase().replace(/\.+$/, '');

export const isWithinZone = (name: string, zone: string): boolean =>
  zone === '' || name === zone || name.endsWith(`.${zone}`);

/** The longest of the zones that holds the name. */
export const zoneHolding = (name: string, zones: readonly string[]): string | undefined =>
  zones.filter((zone) => isWithinZone(name, zone)).toSorted((a, b) => b.length - a.length)[0];

/** `kubernetes cluster.local …`: its forward zones; without any, those of its server block. */
export const zonesOfPlugin = (plugin: CorefilePlugin, block: ServerBlock): readonly string[] => {
  const own = plugin.args.map(normalZone);
  return own.length > 0 ? own : block.zones.map(({ zone }) => zone);
};

export const isReverseZone = (zone: string): boolean => /(^|\.)(in-addr|ip6)\.arpa$|^[\d.]+\/\d+$/.test(zone);

export interface KubernetesPlugin {
  readonly plugin: CorefilePlugin;
  readonly block: ServerBlock;
  readonly zones: readonly string[];
}

export const kubernetesPluginsIn: (corefile: Corefile) => readonly KubernetesPlugin[] = oncePer(({ blocks }) =>
  blocks.flatMap((block) =>
    block.plugins
      .filter(({ name }) => name === 'kubernetes')
      .map((plugin) => ({
        plugin,
        block,
        zones: zonesOfPlugin(plugin, block).filter((zone) => !isReverseZone(zone)),
      })),
  ),
);

/** The words after an option in a plugin's block: `namespaces a b`; undefined where the option is absent. */
export const optionOf = (plugin: CorefilePlugin, name: string): readonly string[] | undefined =>
  plugin.body.find(([first]) => first === name)?.slice(1);

/** Whether a name that this plugin does not know goes on to the next one. */
export function fallsThrough(plugin: CorefilePlugin, name: string): boolean {
  const zones = optionOf(plugin, 'fallthrough');
  if (!zones) return false;
  return zones.length === 0 || zoneHolding(name, zones.map(normalZone)) !== undefined;
}

/** `forward . 10.0.0.2 /etc/resolv.conf`, as written: what `plugin` in the Corefile says on its line. */
export const formatPlugin = ({ name, args }: CorefilePlugin): string => [name, ...args].join(' ');

/** `cluster.local:53` */
export const formatBlock = (block: ServerBlock): string =>
  block.zones.map(({ zone, port }) => `${zone === '' ? '.' : zone}:${port}`).join(' ');

/** `line 12: forward . /etc/resolv.conf`, for each plugin of that name. */
export const linesOf = ({ blocks }: Corefile, plugin: string): readonly string[] =>
  blocks.flatMap(({ plugins }) =>
    plugins.filter(({ name }) => name === plugin).map((found) => `line ${found.line}: ${formatPlugin(found)}`),
  );
