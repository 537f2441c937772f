import { distance } from 'fastest-levenshtein';
import { normalKey, portOf, type Address, type Reference } from './client-references.ts';
import type { ClusterDomain } from './cluster-domain.ts';
import { denotedBy, questionsFor, resolverOf, type Resolver } from './names.ts';
import type { Pod, PodSpec, Service } from './objects.ts';

/** What is known of the place from which a client calls. */
export interface Vicinity {
  readonly namespace: string;
  readonly spec: PodSpec;
  readonly resolver: Resolver;
  readonly domain: ClusterDomain;
  /** The Services of all namespaces. */
  readonly services: readonly Service[];
  /** The Pods that are known: their hostnames are names too. */
  readonly pods?: readonly Pod[];
}

/** Where an address leads, as far as the cluster's objects tell. */
export type Lead =
  | {
      readonly kind: 'service';
      readonly service: Service;
      readonly by: 'name' | 'address';
      /** The ExternalName Service that the name denotes first. */
      readonly alias?: Service;
    }
  /** One endpoint of a Service by its hostname: `db-0.db`. */
  | { readonly kind: 'endpoint'; readonly service: Service; readonly hostname: string }
  /** The client's own Pod, or the machine of a developer. */
  | { readonly kind: 'itself' }
  /** A name that no object of the cluster stands for, and that no public DNS would know either. */
  | { readonly kind: 'nowhere'; readonly asked: readonly string[] }
  /** An address or a name outside the cluster, or one that nothing here tells about. */
  | { readonly kind: 'elsewhere' };

const loopback = /^(localhost|localhost\.localdomain|127(\.\d{1,3}){3}|0\.0\.0\.0|::1|::)$/i;
const developersMachine =
  /^(host\.docker\.internal|docker\.for\.(mac|win)\.(localhost|host\.internal)|kubernetes\.docker\.internal|host\.minikube\.internal)$/i;

export const isLoopbackHost = (host: string): boolean => loopback.test(host);
export const isAddress = (host: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(host) || host.includes(':');

/** Follows a host to what it stands for. A Pod that asks its node's DNS is judged as if it asked the cluster's: that fault is another one. */
export function leadOf({ host }: Address, vicinity: Vicinity): Lead {
  if (loopback.test(host) || developersMachine.test(host)) return { kind: 'itself' };
  if (vicinity.spec.hostAliases?.some(({ hostnames = [] }) => hostnames.includes(host))) return { kind: 'elsewhere' };
  if (isAddress(host)) {
    const holder = vicinity.services.find(
      ({ spec }) => spec.clusterIP === host || spec.clusterIPs?.includes(host) === true,
    );
    return holder ? { kind: 'service', service: holder, by: 'address' } : { kind: 'elsewhere' };
  }
  return leadOfName(host, vicinity, 0);
}

function leadOfName(host: string, vicinity: Vicinity, hops: number): Lead {
  const asked = questionsFor(host, clusterResolver(vicinity));
  const denoted = asked.flatMap((question) =>
    domainsOf(vicinity).flatMap((domain) => {
      const found = denotedBy(question, domain);
      return found ? [found] : [];
    }),
  );
  let endpoint: Lead | undefined;
  for (const found of denoted) {
    if (found.kind === 'pod') return { kind: 'elsewhere' };
    if (found.kind === 'nothing') continue;
    const service = vicinity.services.find(
      ({ metadata }) => metadata.name === found.service && metadata.namespace === found.namespace,
    );
    if (!service) continue;
    if (found.kind === 'endpoint') {
      endpoint ??= { kind: 'endpoint', service, hostname: found.hostname };
      if (isPublished(found, vicinity)) return endpoint;
      continue;
    }
    return throughAlias(service, vicinity, hops);
  }
  return endpoint ?? (isPublicName(host, vicinity) ? { kind: 'elsewhere' } : { kind: 'nowhere', asked });
}

/** Whether a Pod bears this hostname under this Service: the question then ends here. Others go on to the next suffix. */
const isPublished = (
  { hostname, service, namespace }: { readonly hostname: string; readonly service: string; readonly namespace: string },
  { pods = [] }: Vicinity,
): boolean =>
  pods.some(
    ({ metadata, spec }) =>
      metadata.namespace === namespace && spec.hostname === hostname && spec.subdomain === service,
  );

/** An ExternalName Service leads to what its name stands for; a name outside the cluster is where it ends. */
function throughAlias(service: Service, vicinity: Vicinity, hops: number): Lead {
  const { type, externalName } = service.spec;
  if (type !== 'ExternalName' || !externalName || hops > 4) return { kind: 'service', service, by: 'name' };
  const next = leadOfName(`${externalName.replace(/\.$/, '')}.`, vicinity, hops + 1);
  return next.kind === 'service' ? { ...next, alias: service } : { kind: 'service', service, by: 'name' };
}

/** The domains under which Services are found: those that are served, else the one that is searched. */
const domainsOf = ({ domain }: Vicinity): readonly string[] => [...new Set([domain.searched, ...domain.served])];

const clusterResolver = ({ resolver, namespace, domain }: Vicinity): Pick<Resolver, 'searches' | 'ndots'> =>
  resolver.asks === 'cluster' || resolver.searches.some((suffix) => suffix.startsWith(`${namespace}.svc.`))
    ? resolver
    : resolverOf({ containers: [] }, namespace, domain.searched);

const publicEndings = new Set(
  'com net org io dev app cloud info biz edu gov mil int arpa internal local lan corp home tech online site xyz localdomain'.split(
    ' ',
  ),
);

/** Whether a name may be known outside: it has dots, no `svc`, and ends like a public or company domain rather than in a namespace. */
function isPublicName(host: string, { domain, services, namespace }: Vicinity): boolean {
  const labels = host.toLowerCase().replace(/\.$/, '').split('.');
  const last = labels.at(-1) ?? '';
  if (/\.clusterset\.local\.?$/.test(host) || domain.otherZones.some((zone) => host.endsWith(`.${zone}`))) return true;
  if (labels.length === 1 || /(^|\.)cluster\.local$/.test(host) || host.endsWith(`.${domain.searched}`)) return false;
  if (labels.includes('svc')) return false;
  if (last === namespace || services.some(({ metadata }) => metadata.namespace === last)) return false;
  return publicEndings.has(last) || last.length === 2 || labels.length > 3;
}

/** One address that a client is told, as the Service under examination sees it. */
export interface Call {
  readonly reference: Reference;
  readonly lead: Lead;
  /** How a name that leads nowhere misses the Service, where it looks like it. */
  readonly miss?: Miss;
}

export const leadsOf = (references: readonly Reference[], vicinity: Vicinity): readonly Call[] =>
  references.map((reference) => ({ reference, lead: leadOf(reference, vicinity) }));

/** The same calls, each with how it misses this Service. */
export const callsOf = (leads: readonly Call[], service: Service | undefined, vicinity: Vicinity): readonly Call[] =>
  leads.map(({ reference, lead }) => {
    const miss = lead.kind === 'nowhere' && service ? missOf(reference.host, service, vicinity) : undefined;
    return { reference, lead, ...(miss ? { miss } : {}) };
  });

/** Whether a call arrives at the Service by its name, an alias or its address. */
export const arrivesAt = ({ lead }: Call, service: Service): boolean =>
  lead.kind === 'service' &&
  lead.service.metadata.name === service.metadata.name &&
  lead.service.metadata.namespace === service.metadata.namespace;

/**
 * The Service that a call reaches, where it may have been taken for this one: a namesake of another namespace, or one whose name has more words
 * or fewer. A bare name that stays in the client's namespace is not counted: it is completed like that, and another cause.
 */
export function kinCalled({ lead, reference }: Call, service: Service, clientNamespace: string): Service | undefined {
  if (lead.kind !== 'service' || lead.by !== 'name' || lead.alias || lead.service.spec.type === 'ExternalName')
    return undefined;
  const { name, namespace } = lead.service.metadata;
  const bare = reference.host.toLowerCase() === service.metadata.name && namespace === clientNamespace;
  const namesake = name === service.metadata.name && namespace !== service.metadata.namespace && !bare;
  const version = namespace === service.metadata.namespace && isExtended(name, service.metadata.name);
  return namesake || version ? lead.service : undefined;
}

/** A way in which a host name misses the Service that it means. */
export type Miss =
  /** The right name without its namespace, from another one. */
  | { readonly kind: 'short-name' }
  | { readonly kind: 'wrong-namespace'; readonly namespace: string }
  | { readonly kind: 'swapped' }
  | { readonly kind: 'wrong-domain'; readonly domain: string }
  /** The parts are right; their order or the `svc` between them is not. */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'misspelt' };

/** How a name that leads nowhere misses the Service; undefined where it does not look like it at all. */
export function missOf(host: string, service: Service, vicinity: Vicinity): Miss | undefined {
  const { name, namespace = '' } = service.metadata;
  const { stem, domain } = withoutDomain(host, vicinity);
  const labels = withoutPod(stem.split('.'), name);
  const [first = '', second, third] = labels;
  const own = first === name;
  if (domain !== undefined && own && second === namespace && third === 'svc') return { kind: 'wrong-domain', domain };
  if (own && labels.length === 1) return { kind: 'short-name' };
  if (first === namespace && second === name && namespace !== name) return { kind: 'swapped' };
  if (labels.includes(name) && (labels.includes(namespace) || second === 'svc' || first === 'svc'))
    return { kind: 'malformed' };
  const tail = labels.slice(2).join('.');
  if (own && second !== undefined && second !== 'svc' && (tail === '' || tail === 'svc'))
    return { kind: 'wrong-namespace', namespace: second };
  const inPlace = second === undefined ? vicinity.namespace === namespace : second === namespace;
  if ((inPlace || second === undefined) && isNear(first, name) && isNearest(first, service, vicinity))
    return isPodOf(first, service, vicinity) ? undefined : { kind: 'misspelt' };
  return undefined;
}

/** `db-0` for the Service `db`: no slip of the pen, but the name of a Pod, which needs that of its Service behind it. */
const isPodOf = (written: string, { metadata }: Service, { pods = [] }: Vicinity): boolean =>
  pods.some(
    ({ metadata: own, spec }) =>
      own.name === written && own.namespace === metadata.namespace && spec.subdomain === metadata.name,
  );

/** A Pod's own name goes before that of its Service: `db-0.db` is judged as `db`. */
const withoutPod = (labels: readonly string[], name: string): readonly string[] =>
  labels[1] === name && /-\d+$/.test(labels[0] ?? '') ? labels.slice(1) : labels;

/** A host with the part after the Service's name replaced by its namespace; a Pod's name before it stays. */
export function underNamespace(host: string, { metadata }: Service): string {
  const labels = host.toLowerCase().split('.');
  const at = Math.max(0, labels.indexOf(metadata.name));
  return [...labels.slice(0, at), metadata.name, metadata.namespace ?? '', ...labels.slice(at + 2)].join('.');
}

/** Cuts the cluster domain off, right or wrong: `db.demo.svc.corp.internal` → `db.demo.svc` and `corp.internal`. */
function withoutDomain(host: string, { domain }: Vicinity): { readonly stem: string; readonly domain?: string } {
  const name = host.toLowerCase().replace(/\.$/, '');
  for (const known of [domain.searched, ...domain.served]) {
    if (name.endsWith(`.${known}`)) return { stem: name.slice(0, -known.length - 1) };
  }
  const foreign = /^(.+?\.svc)\.(.+)$/.exec(name);
  if (foreign?.[1] && foreign[2] && foreign[1].split('.').length >= 3) return { stem: foreign[1], domain: foreign[2] };
  return { stem: name };
}

/** `my_db`, `mydb` and `my-dbs` all mean `my-db`; so does one slip of the finger in a short name, two in a long one. */
export function isNear(written: string, name: string): boolean {
  if (written === name) return false;
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_]/g, '').replace(/s$/, '');
  if (plain(written) === plain(name)) return true;
  const slips = distance(written.toLowerCase(), name);
  return slips <= (name.length <= 3 ? 0 : name.length <= 7 ? 1 : 2);
}

const isNearest = (written: string, { metadata }: Service, { services, namespace }: Vicinity): boolean =>
  services
    .filter((other) => [metadata.namespace, namespace].includes(other.metadata.namespace ?? ''))
    .every((other) => distance(written, metadata.name) <= distance(written, other.metadata.name));

/** Products that people name a setting, a Service or a port after. The first family is what "db" may mean. */
const families: readonly { readonly words: readonly string[]; readonly ports: readonly number[] }[] = [
  { words: ['postgres', 'postgresql', 'pg', 'psql', 'pgsql', 'timescale'], ports: [5432] },
  { words: ['mysql', 'mariadb', 'maria', 'percona'], ports: [3306] },
  { words: ['mongo', 'mongodb'], ports: [27017] },
  { words: ['mssql', 'sqlserver'], ports: [1433] },
  { words: ['redis', 'valkey', 'cache', 'celery', 'sidekiq'], ports: [6379] },
  { words: ['rabbitmq', 'rabbit', 'amqp', 'mq', 'queue', 'broker'], ports: [5672] },
  { words: ['kafka', 'bootstrap', 'broker', 'brokers'], ports: [9092] },
  { words: ['elasticsearch', 'elastic', 'es', 'opensearch'], ports: [9200] },
  { words: ['memcached', 'memcache', 'cache'], ports: [11211] },
  { words: ['nats'], ports: [4222] },
  { words: ['minio', 's3'], ports: [9000] },
  { words: ['zookeeper', 'zk'], ports: [2181] },
  { words: ['etcd'], ports: [2379] },
];
const databases = ['db', 'database', 'sql', 'datasource', 'jdbc', 'sqlalchemy'];
const generic = new Set(
  'host hosts hostname addr address port url uri urls endpoint endpoints server servers service svc api http https grpc tcp app my base internal public client the name dsn connection string remote backend k8s prod dev main default'.split(
    ' ',
  ),
);

const wordsIn = (text: string): readonly string[] =>
  normalKey(text)
    .toLowerCase()
    .split('_')
    .map((word) => word.replace(/(host|port|url|addr)$/, '') || word);

const familiesOf = (words: readonly string[], ports: readonly number[]) =>
  families.filter(
    (family, index) =>
      family.words.some((word) => words.includes(word)) ||
      family.ports.some((port) => ports.includes(port)) ||
      (index < 4 && databases.some((word) => words.includes(word))),
  );

/** Whether a setting's key or scheme speaks of the Service: DB_HOST of `postgres`, BILLING_URL of `billing-api`. */
export const speaksOf = (reference: Reference, service: Service): boolean =>
  sharedWords(reference, service) > 0 || sharesFamily(reference, service);

/** How much speaks for the Service being meant: words of its name above its product, and that above its port. */
export const kinshipOf = (reference: Reference, service: Service): number =>
  3 * sharedWords(reference, service) +
  (sharesFamily(reference, service) ? 2 : 0) +
  (hasTellingPort(reference, service) ? 1 : 0);

const keyWordsOf = ({ setting, scheme }: Reference): readonly string[] => [
  ...wordsIn(setting.key),
  ...(scheme ? [scheme] : []),
];

/** How many words of the Service's name the key repeats; words that many names share count only where they are the whole name. */
function sharedWords(reference: Reference, { metadata }: Service): number {
  const key = keyWordsOf(reference);
  const name = wordsIn(metadata.name);
  return name.filter((word) => word.length > 1 && key.includes(word) && (name.length === 1 || !generic.has(word)))
    .length;
}

function sharesFamily(reference: Reference, { metadata, spec }: Service): boolean {
  const ports = (spec.ports ?? []).flatMap(({ port, targetPort }) => [
    port,
    ...(typeof targetPort === 'number' ? [targetPort] : []),
  ]);
  const theirs = familiesOf(wordsIn(metadata.name), ports);
  return familiesOf(keyWordsOf(reference), []).some((family) => theirs.includes(family));
}

/** How many words two names begin with in common: `postgres-primary` and `postgres-rw` share one. */
export function sharedStartOf(written: string, name: string): number {
  const [own, other] = [partsOf(written), partsOf(name)];
  const end = own.findIndex((word, index) => word !== other[index]);
  return end < 0 ? own.length : end;
}

/** Whether two names speak of the same thing, but for words that many names have: `report-api` and `reports`, `order-service` and `orders-backend`. */
export function sharesStem(written: string, name: string): boolean {
  const stems = (text: string) =>
    partsOf(text)
      .filter((word) => !generic.has(word))
      .map((word) => word.replace(/(ies|y|s)$/, ''))
      .join(' ');
  const own = stems(written);
  return own.length > 2 && own === stems(name);
}

/** Whether a name is another one with whole words before or behind it: `elk-elasticsearch-client` for `elasticsearch-client`. */
export function isExtended(written: string, name: string): boolean {
  const [shorter = [], longer = []] = [partsOf(written), partsOf(name)].toSorted((a, b) => a.length - b.length);
  if (shorter.length === longer.length || shorter.every((word) => generic.has(word))) return false;
  const isAt = (start: number) => shorter.every((word, index) => word === longer[start + index]);
  return isAt(0) || isAt(longer.length - shorter.length);
}

const partsOf = (name: string): readonly string[] => name.toLowerCase().split(/[-_]+/).filter(Boolean);

/** Whether the port of an address is one of the Service's own. */
export const isPortOf = (address: Address, { spec }: Service): boolean => {
  const port = portOf(address);
  return port !== undefined && (spec.ports ?? []).some((own) => own.port === port);
};

/** Ports that everything uses, and that therefore say nothing about who is meant. */
const commonPorts = new Set([80, 443, 8080, 8443, 8000, 8081, 8888, 3000, 5000, 9090]);

/** Whether the port alone tells that the Service is meant. */
export function hasTellingPort(address: Address, { spec }: Service): boolean {
  const port = portOf(address);
  if (port === undefined || commonPorts.has(port)) return false;
  return (spec.ports ?? []).some((own) => own.port === port || own.targetPort === port || own.nodePort === port);
}
