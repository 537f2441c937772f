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
  const pod = workload ? `${escape(workload.metadata.name)}-\\d+` : '[a-z0-9-]+-\\d+';
  return [...new Set(text.match(new RegExp(`\\b${pod}\\.${escape(name)}(?:\\.[a-z0-9.-]*[a-z0-9])?`, 'g')) ?? [])];
}

/** Whether a text names the Service itself, as those do that ask for all its Pods at once: `zk-hs.demo.svc`, `jgroups.dns.query=kc-headless`. */
export const namesService = (text: string, service: Service): boolean =>
  new RegExp(`(^|[^a-z0-9-])${escape(service.metadata.name)}($|[^a-z0-9-])`).test(text);

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

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
