import {
  fallsThrough,
  isReverseZone,
  isWithinZone,
  normalZone,
  optionOf,
  standardPlugins,
  zoneHolding,
  zonesOfPlugin,
  type Corefile,
  type CorefilePlugin,
  type ServerBlock,
} from './corefile.ts';
import { oncePer } from './once-per.ts';

/** Which plugin of which server block settles a question, and how. */
export type Settled =
  /** The kubernetes plugin looks the name up among the Services, in the zone given. */
  | {
      readonly by: 'kubernetes';
      readonly zone: string;
      readonly name: string;
      readonly at: Place;
      readonly rewritten?: CorefilePlugin;
    }
  /** Another plugin answers before, or instead. */
  | { readonly by: 'plugin'; readonly answer: string; readonly at: Place; readonly rewritten?: CorefilePlugin }
  /** It is handed to another server. */
  | { readonly by: 'forward'; readonly to: readonly string[]; readonly at: Place; readonly rewritten?: CorefilePlugin }
  /** No plugin of the block takes it, or no block: REFUSED or SERVFAIL. */
  | { readonly by: 'nobody'; readonly block?: ServerBlock };

export interface Place {
  readonly block: ServerBlock;
  readonly plugin: CorefilePlugin;
}

/**
 * Follows one question of type A or AAAA through the Corefile: the block with the longest matching zone, then its plugins in CoreDNS's own order.
 * Blocks with a `view` depend on who asks and are passed over. Source: core/dnsserver/server.go, ServeDNS; each plugin's ServeDNS.
 */
export function whoAnswers(corefile: Corefile, question: string, type: 'A' | 'AAAA' = 'A', port?: number): Settled {
  const block = blockServing(corefile, normalZone(question), port);
  if (!block) return { by: 'nobody' };
  let name = normalZone(question);
  let rewritten: CorefilePlugin | undefined;
  for (const plugin of chainOf(block)) {
    const at = { block, plugin };
    const also = rewritten ? { rewritten } : {};
    if (plugin.name === 'rewrite') {
      const next = rewrittenBy(plugin, name);
      if (next !== name) [name, rewritten] = [next, plugin];
    } else if (plugin.name === 'kubernetes') {
      const zone = zoneHolding(name, zonesOfPlugin(plugin, block));
      if (zone === undefined) continue;
      if (isServiceZone(name, zone) || !fallsThrough(plugin, name))
        return { by: 'kubernetes', zone, name, at, ...also };
    } else if (plugin.name === 'forward') {
      const [from = '.', ...to] = plugin.args;
      const except = optionOf(plugin, 'except') ?? [];
      if (!isWithinZone(name, normalZone(from)) || except.some((zone) => isWithinZone(name, normalZone(zone))))
        continue;
      return { by: 'forward', to, at, ...also };
    } else {
      const answer = answerOf(plugin, block, name, type);
      if (answer !== undefined) return { by: 'plugin', answer, at, ...also };
    }
  }
  return { by: 'nobody', block };
}

const chainOf = oncePer(({ plugins }: ServerBlock): readonly CorefilePlugin[] =>
  plugins.toSorted((a, b) => standardPlugins.indexOf(a.name) - standardPlugins.indexOf(b.name)),
);

const zonesServed = oncePer(({ blocks }: Corefile) =>
  blocks
    .filter(({ plugins }) => !plugins.some((plugin) => plugin.name === 'view'))
    .flatMap((block) => block.zones.map((zone) => ({ block, ...zone }))),
);

function blockServing(corefile: Corefile, name: string, port: number | undefined): ServerBlock | undefined {
  const served = zonesServed(corefile).filter((candidate) => port === undefined || candidate.port === port);
  const zone = zoneHolding(
    name,
    served.map((candidate) => candidate.zone),
  );
  return served.find((candidate) => candidate.zone === zone)?.block;
}

/** The plugin knows names below `svc.<zone>`: with any other zone than the cluster's, every name is NXDOMAIN. */
const isServiceZone = (name: string, zone: string): boolean =>
  zone === '' ? name.endsWith('.svc') : name.endsWith(`.svc.${zone}`);

/** What a plugin that stands before or after `kubernetes` says to the name; undefined where it passes it on. */
function answerOf(plugin: CorefilePlugin, block: ServerBlock, name: string, type: 'A' | 'AAAA'): string | undefined {
  switch (plugin.name) {
    case 'template':
      return answerOfTemplate(plugin, block, name, type);
    case 'hosts':
      return answerOfHosts(plugin, block, name);
    case 'acl':
      return answerOfAcl(plugin, block, name, type);
    case 'file':
    case 'secondary':
    case 'auto':
    case 'etcd':
    case 'route53':
    case 'azure':
    case 'clouddns': {
      const args = plugin.name === 'file' ? plugin.args.slice(1) : plugin.name === 'auto' ? plugin.args : plugin.args;
      const zones =
        args.length > 0
          ? args.map((zone) => normalZone(zone.split(':')[0] ?? ''))
          : block.zones.map(({ zone }) => zone);
      const zone = zoneHolding(
        name,
        zones.filter((candidate) => !isReverseZone(candidate)),
      );
      if (zone === undefined || fallsThrough(plugin, name)) return undefined;
      return `answers from its own data for ${zone === '' ? 'every zone' : zone}`;
    }
    case 'erratic':
    case 'whoami':
      return 'answers every name with something of its own';
    default:
      return undefined;
  }
}

/** Source: plugin/template/template.go, match: another type passes on; another name is SERVFAIL unless it falls through. */
function answerOfTemplate(
  plugin: CorefilePlugin,
  block: ServerBlock,
  name: string,
  type: 'A' | 'AAAA',
): string | undefined {
  const [, wanted = 'ANY', ...args] = plugin.args;
  const zones = args.length > 0 ? args.map(normalZone) : block.zones.map(({ zone }) => zone);
  if (zoneHolding(name, zones) === undefined) return undefined;
  if (wanted.toUpperCase() !== 'ANY' && wanted.toUpperCase() !== type) return undefined;
  const patterns = plugin.body.filter(([option]) => option === 'match').flatMap(([, ...words]) => words);
  const matches = patterns.length === 0 || patterns.some((pattern) => matchesGoPattern(pattern, `${name}.`));
  const answers = plugin.body.filter(([option]) => option === 'answer').map(([, ...words]) => words.join(' '));
  const rcode = optionOf(plugin, 'rcode')?.[0]?.toUpperCase() ?? 'NOERROR';
  if (!matches)
    return fallsThrough(plugin, name)
      ? undefined
      : 'answers SERVFAIL: the name does not match, and there is no fallthrough';
  return `answers ${rcode}${answers.length > 0 ? ` with ${answers.join('; ')}` : ' without data'}`;
}

/** Source: plugin/hosts/hosts.go, ServeDNS: a name it does not know is SERVFAIL unless it falls through. */
function answerOfHosts(plugin: CorefilePlugin, block: ServerBlock, name: string): string | undefined {
  const [, ...args] = plugin.args;
  const zones = args.length > 0 ? args.map(normalZone) : block.zones.map(({ zone }) => zone);
  if (zoneHolding(name, zones) === undefined) return undefined;
  const entry = plugin.body.find(
    ([first = '', ...names]) => /^[\d.]+$|:/.test(first) && names.map(normalZone).includes(name),
  );
  if (entry) return `answers ${entry[0]}`;
  if (fallsThrough(plugin, name)) return undefined;
  return 'answers SERVFAIL to every name it does not list: there is no fallthrough';
}

/** Source: plugin/acl/acl.go: the first rule that matches decides. Only rules for every source are judged. */
function answerOfAcl(plugin: CorefilePlugin, block: ServerBlock, name: string, type: 'A' | 'AAAA'): string | undefined {
  const zones = plugin.args.length > 0 ? plugin.args.map(normalZone) : block.zones.map(({ zone }) => zone);
  if (zoneHolding(name, zones) === undefined) return undefined;
  for (const [action = '', ...words] of plugin.body) {
    const section = (keyword: string) => {
      const start = words.indexOf(keyword);
      if (start < 0) return undefined;
      const rest = words.slice(start + 1);
      const end = rest.findIndex((word) => word === 'type' || word === 'net');
      return end < 0 ? rest : rest.slice(0, end);
    };
    const types = section('type');
    const nets = section('net');
    if (types && !types.some((wanted) => wanted === type || wanted === '*' || wanted === 'ANY')) continue;
    const everybody = !nets || nets.some((net) => net === '*' || net === '0.0.0.0/0' || net === '10.0.0.0/8');
    if (action === 'allow') return undefined;
    if (everybody) return `${action}s the question: ${[action, ...words].join(' ')}`;
  }
  return undefined;
}

/** The name after `rewrite [continue|stop] name [exact|prefix|suffix|substring|regex] FROM TO`. Source: plugin/rewrite/name.go. */
function rewrittenBy(plugin: CorefilePlugin, name: string): string {
  const rules = plugin.args.length > 0 ? [plugin.args] : plugin.body;
  let current = name;
  for (const rule of rules) {
    const [mode, ...rest] = rule[0] === 'continue' || rule[0] === 'stop' ? rule : ['stop', ...rule];
    if (rest[0] !== 'name') continue;
    const known = ['exact', 'prefix', 'suffix', 'substring', 'regex'];
    const [how = 'exact', from = '', to = ''] = known.includes(rest[1] ?? '')
      ? rest.slice(1)
      : ['exact', ...rest.slice(1)];
    const next = renamed(current, how, from, to);
    if (next === current) continue;
    current = next;
    if (mode === 'stop') break;
  }
  return current;
}

function renamed(name: string, how: string, from: string, to: string): string {
  const full = `${name}.`;
  const absolute = (text: string) => (text.endsWith('.') ? text : `${text}.`);
  switch (how) {
    case 'exact':
      return full === absolute(from) ? normalZone(to) : name;
    case 'prefix':
      return full.startsWith(from) ? normalZone(to + full.slice(from.length)) : name;
    case 'suffix':
      return full.endsWith(absolute(from)) ? normalZone(full.slice(0, -absolute(from).length) + absolute(to)) : name;
    case 'substring':
      return normalZone(full.replaceAll(from, to));
    case 'regex': {
      const match = matchOfGoPattern(from, full);
      return match
        ? normalZone(to.replaceAll(/\{(\d+)\}/g, (_whole, group: string) => match[Number(group)] ?? ''))
        : name;
    }
    default:
      return name;
  }
}

/** Go's RE2 and JavaScript agree on what people write in a Corefile, but for named groups and inline flags. */
function matchOfGoPattern(pattern: string, text: string): RegExpExecArray | null {
  try {
    return new RegExp(pattern.replaceAll('(?P<', '(?<').replace(/^\(\?i\)/, ''), 'i').exec(text);
  } catch {
    return null;
  }
}

const matchesGoPattern = (pattern: string, text: string): boolean => matchOfGoPattern(pattern, text) !== null;
