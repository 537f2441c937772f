import { literally } from './literally.ts';
import type { Container, PodSpec, Service, Workload } from './objects.ts';

/** Words with which resolvers and their callers say that a name does not resolve. */
const unresolved =
  /no such host|NXDOMAIN|could ?n[o']t resolve|can(?:'t|not) resolve|unable to resolve|fail(?:ed|ure) (?:to|in) (?:resolve|resolving|name resolution|look ?up)|name or service not known|temporary failure in name resolution|name does not resolve|unknown ?host|getaddrinfo|bad address|can't find|not resolvable|nodename nor servname|DNS (?:lookup|resolution) (?:failed|error)|host not found/i;

/** The lines of a text that complain of a name which does not resolve, and hold one of the names. */
export const unresolvedLines = (text: string, isPeer: (line: string) => boolean): readonly string[] =>
  text.split('\n').filter((line) => unresolved.test(line) && isPeer(line));

/** The name of a Pod behind the Service, as its peers write it: `zk-1.zk-hs`, `zk-1.zk-hs.demo.svc.cluster.local`. */
export function peerNamesIn(text: string, service: Service, workload: Workload | undefined): readonly string[] {
  const { name } = service.metadata;
  const pod = workload ? `${literally(workload.metadata.name)}-\\d+` : '[a-z0-9-]+-\\d+';
  return [...new Set(text.match(new RegExp(`\\b${pod}\\.${literally(name)}(?:\\.[a-z0-9.-]*[a-z0-9])?`, 'g')) ?? [])];
}

/** Whether a text names the Service itself, as those do that ask for all its Pods at once: `zk-hs.demo.svc`, `jgroups.dns.query=kc-headless`. */
export const namesService = (text: string, service: Service): boolean =>
  new RegExp(`(^|[^a-z0-9-])${literally(service.metadata.name)}($|[^a-z0-9-])`).test(text);

/** Keys of settings that hold a host, and those that hold a name which only looks like one. */
const hostKey =
  /host|seed|peer|join|member|server|node|discover|dns|initial|query|service|contact|addr|url|quorum|cluster/i;
const nameKey = /(cluster|app|database|db|user|node)[._-]?name$|(user|password|database|namespace)$/i;

/**
 * Whether a setting gives the Service as a host: with a port or namespace behind it, or alone under a key that speaks of hosts. Programs, paths
 * and databases that bear the same name do not count.
 */
export function looksFor({ path, text }: { readonly path: string; readonly text: string }, service: Service): boolean {
  const { name, namespace = '' } = service.metadata;
  const before = `(?:^|//|[\\s=,;@"'([])`;
  const host = new RegExp(`${before}${literally(name)}(?::\\d|\\.${literally(namespace)}\\b|\\.svc\\b)`);
  if (host.test(text)) return true;
  const key = /\.env\[(.+)\]$/.exec(path)?.[1];
  const alone = new RegExp(`${before}${literally(name)}(?=$|[\\s,;"')\\]])`).test(text);
  if (!alone || (key !== undefined && nameKey.test(key))) return false;
  return name.includes('-') || (key !== undefined && hostKey.test(key));
}

export interface PeerMention {
  readonly path: string;
  readonly text: string;
  /** The names asked for: those of Pods, else that of the Service. */
  readonly names: readonly string[];
}

/** Where settings name the Pods behind this Service, or all of them at once by the Service itself. */
export const peerMentionsIn = <T extends { readonly path: string; readonly text: string }>(
  settings: readonly T[],
  service: Service,
  workload: Workload | undefined,
): readonly (T & PeerMention)[] =>
  settings.flatMap((setting) => {
    const names = peerNamesIn(setting.text, service, workload);
    if (names.length > 0) return [{ ...setting, names }];
    return looksFor(setting, service) ? [{ ...setting, names: [service.metadata.name] }] : [];
  });

/** What a Pod spec tells its containers: each place with its text. */
export const settingsOf = (spec: PodSpec): readonly { readonly path: string; readonly text: string }[] =>
  [
    ...spec.containers.map((container) => ({ container, list: 'containers' })),
    ...(spec.initContainers ?? []).map((container) => ({ container, list: 'initContainers' })),
  ].flatMap(({ container, list }) => settingsOfContainer(container, `spec.${list}[${container.name}]`));

const settingsOfContainer = (container: Container, path: string) => [
  ...(container.env ?? []).flatMap(({ name, value }) => (value ? [{ path: `${path}.env[${name}]`, text: value }] : [])),
  ...(container.command?.length ? [{ path: `${path}.command`, text: container.command.join(' ') }] : []),
  ...(container.args?.length ? [{ path: `${path}.args`, text: container.args.join(' ') }] : []),
];
