import type { Setting } from './client-settings.ts';

/** An address that a client is told: never with the credentials that may stand before it. */
export interface Address {
  /** A name or an IP address, as it is written. */
  readonly host: string;
  readonly port?: number;
  /** `http`, `postgres`: what stands before `://`. */
  readonly scheme?: string;
}

/** Where a client is sent, and by which setting. */
export interface Reference extends Address {
  readonly setting: Setting;
  /** The setting next to it that holds the port: `DB_PORT` beside `DB_HOST`. */
  readonly portSetting?: Setting;
  /** The setting next to it that should hold the port, and holds something else: `DB_PORT=tcp://10.96.0.7:5432`. */
  readonly noPortSetting?: Setting;
}

/** The port that a scheme means where none is written. */
const schemePorts: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mariadb: 3306,
  redis: 6379,
  rediss: 6379,
  amqp: 5672,
  amqps: 5671,
  mongodb: 27017,
  nats: 4222,
  ldap: 389,
  ldaps: 636,
  mqtt: 1883,
  bolt: 7687,
  neo4j: 7687,
};

/** The port a client will use: the written one, else the one its scheme means. */
export const portOf = ({ port, scheme }: Address): number | undefined =>
  port ?? (scheme !== undefined && Object.hasOwn(schemePorts, scheme) ? schemePorts[scheme] : undefined);

/** A host name as people write it: underscores and upper case included, since those are mistakes to be found. */
const name = String.raw`[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?`;
const hostname = new RegExp(`^${name}$`);
const isIPv4 = (text: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(text);
const isHost = (text: string): boolean =>
  text.length <= 253 && hostname.test(text) && (isIPv4(text) || !/^[\d.]+$/.test(text));

const portNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535 ? Number(text) : undefined;

/** Words of a key that announce a host: DB_HOST, PGHOST, api.url, bootstrapServers. */
const hostWords =
  /(HOST|HOSTS|HOST_?NAME|ADDR|ADDRS|ADDRESS|ADDRESSES|SERVER|SERVERS|SERVICE|SVC|ENDPOINT|ENDPOINTS|URL|URLS|URI|DSN|BROKER|BROKERS|UPSTREAM|BACKEND|PEERS?|MASTER|NODES?|TARGET|SERVICE_NAME|CONNECT|ORIGIN|CONTACT_POINTS?|SEEDS?|PROXY_PASS|REVERSE_PROXY|JOIN)(_?\d+)?$/;

/** `spring.datasource.jdbcUrl` → `SPRING_DATASOURCE_JDBC_URL`: one spelling for variables, flags and dotted keys. */
export const normalKey = (key: string): string =>
  key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase();

/** What a tracing agent calls the process itself: a name, and nobody's address. */
const ownNames = /^((OTEL|DD|JAEGER|ELASTIC_APM|NEW_RELIC|SENTRY|APP|MY|SPRING_APPLICATION)(_\w+)?_)?SERVICE(_NAME)?$/;

export const announcesHost = (key: string): boolean =>
  key === 'h' || (hostWords.test(normalKey(key)) && !ownNames.test(normalKey(key)));

/**
 * Settings that say where the client itself listens, or what it is called: an address there is no destination.
 */
export const isOwnBinding = (key: string): boolean =>
  /(^|_)(BIND|LISTEN|LISTENING|LISTENERS?|ADVERTISED?|EXPOSE|VIRTUAL|PUBLIC|EXTERNAL|SITE|BASE)(_|$)|^ADMIN_(\w+_)?SOCKET_ADDRESS|^(HOST|HOSTNAME|SERVER_(HOST|ADDR|ADDRESS)|HTTP_(HOST|ADDR)|APP_(HOST|URL)|ROOT_URL)$/.test(
    normalKey(key),
  );

/** Whether a setting surely holds a host: an address with a port or a scheme, or one under a key that can mean nothing else. */
export const isPlainlyHost = ({ port, scheme, host, setting }: Reference): boolean =>
  !isOwnBinding(setting.key) &&
  (port !== undefined ||
    scheme !== undefined ||
    host.includes('.') ||
    setting.source === 'commandLine' ||
    /(HOST|HOSTS|HOST_?NAME|ADDR|ADDRESS|ADDRESSES|URL|URI|ENDPOINTS?|DSN|BROKERS?|BOOTSTRAP_SERVERS?|UPSTREAM|PROXY_PASS)(_?\d+)?$/.test(
      normalKey(setting.key),
    ));

/** Every address in a value: URLs, `host:port`, connection strings, and bare hosts where the key says that it holds one. */
export function addressesIn(value: string, key = ''): readonly Address[] {
  const text = value.trim().replaceAll(/,(?=[a-z][a-z0-9+.-]*:\/\/)/gi, ' ');
  const found: Address[] = [];
  const rest = takeConnectionStrings(takeUrls(takeSocketAddresses(takeGrpcTargets(text, found), found), found), found);
  for (const [, host = '', port] of rest.matchAll(
    new RegExp(String.raw`(?<![\w./@:$-])(${name}):(\d{2,5})(?![\w.:])`, 'g'),
  ))
    add(found, host, portNumber(port));
  for (const [host] of rest.matchAll(/(?<![\w./@:$-])[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+\.svc(\.[\w-]+)*\.?(?![\w:.-])/g))
    add(found, host);
  for (const [host] of rest.matchAll(/(?<![\w./@:$-])_[\w-]+\._(?:tcp|udp|sctp)(?:\.[A-Za-z0-9-]+)+/gi))
    add(found, host);
  if (announcesHost(key)) {
    for (const part of rest.split(/[,;\s]+/)) {
      const [host = ''] = bare(part).split('/');
      add(found, host);
    }
  }
  return distinct(found);
}

const bare = (text: string): string => text.replace(/^["'`]+|["'`]+$/g, '');

const add = (found: Address[], host: string, port?: number, scheme?: string): void => {
  if (!isHost(host) || host === 'REDACTED') return;
  found.push({ host, ...(port === undefined ? {} : { port }), ...(scheme ? { scheme: plainScheme(scheme) } : {}) });
};

/** `mysql+pymysql` → `mysql`. */
export const plainScheme = (scheme: string): string => scheme.toLowerCase().replace(/\+.*$/, '');

/** The same host once, unless with another port. */
const distinct = (found: readonly Address[]): readonly Address[] =>
  found.filter(
    (address, index) =>
      found.findIndex(
        (other) => other.host === address.host && (address.port === undefined || other.port === address.port),
      ) === index,
  );

/**
 * Takes gRPC targets out of a text: `dns:///orders:50051`, `dns://10.96.0.10/orders:50051`, `dns:orders:50051`.
 * The authority is the DNS server to ask, and what follows it is called. Source: grpc/doc/naming.md.
 */
const takeGrpcTargets = (text: string, found: Address[]): string =>
  text.replaceAll(
    new RegExp(
      String.raw`(?<![\w.+-])(?:(?:dns|passthrough|kubernetes):\/\/[^\s/,"']*\/(${name})(?::(\d+))?|(?:dns|passthrough|ipv4):(${name}):(\d{2,5}))(?![\w:])`,
      'g',
    ),
    (
      _whole,
      host: string | undefined,
      port: string | undefined,
      plain: string | undefined,
      own: string | undefined,
    ) => {
      add(found, host ?? plain ?? '', portNumber(port ?? own));
      return ' ';
    },
  );

/** Takes Envoy's socket addresses out of a text, where they stand on one line: `{ address: app, port_value: 8080 }`. */
const takeSocketAddresses = (text: string, found: Address[]): string =>
  text.replaceAll(
    /\baddress["']?\s*:\s*["']?([\w.-]+)["']?\s*,\s*["']?port(?:_?value|_number)["']?\s*:\s*(\d+)/gi,
    (_whole, host: string, port: string) => {
      add(found, host, portNumber(port));
      return ' ';
    },
  );

/** Takes the URLs out of a text; an authority may list several hosts. */
const takeUrls = (text: string, found: Address[]): string =>
  text.replaceAll(
    /([a-z][a-z0-9+.-]*):\/\/([^\s/?#"'<>`;|\\)]*)(?:[/?#][^\s"'<>`|\\)]*)?/gi,
    (_whole, scheme: string, authority: string) => {
      for (const part of authority.slice(authority.lastIndexOf('@') + 1).split(',')) {
        const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(part) ?? [];
        const number = portNumber(port);
        if (host.startsWith('['))
          found.push({
            host: host.slice(1, -1),
            ...(number === undefined ? {} : { port: number }),
            scheme: plainScheme(scheme),
          });
        else add(found, host, number, scheme);
      }
      return ' ';
    },
  );

/** Takes `host=db port=5432`, `Server=db,1433;`, `user:password@tcp(db:3306)` and Oracle's thin form out of a text. */
function takeConnectionStrings(text: string, found: Address[]): string {
  const pairs =
    /(?:^|[\s;:])(?:host|server|data source|addr(?:ess)?)\s*=\s*['"]?(?:tcp:)?([\w.-]+)(?:[,:](\d+))?/i.exec(text);
  if (pairs && /[;\s]\s*\w+( \w+)*\s*=|^\s*host\s*=/i.test(text)) {
    add(found, pairs[1] ?? '', portNumber(pairs[2] ?? /(?:^|[\s;])port\s*=\s*['"]?(\d+)/i.exec(text)?.[1]));
    return ' ';
  }
  const take =
    (around: RegExp) =>
    (from: string): string =>
      from.replaceAll(around, (_whole, host: string, port: string | undefined) => {
        add(found, host, portNumber(port));
        return ' ';
      });
  const goDsn = take(/\S*@(?:tcp|udp)\(([\w.-]+)(?::(\d+))?\)\S*/g);
  const oracle = take(/jdbc:oracle:thin:[^@\s]*@(?:\/\/)?([\w.-]+)(?::(\d+))?\S*/g);
  return oracle(goDsn(text)).replaceAll(/[^\s@"',]+@(?=[\w.-]+:\d)/g, ' ');
}

const probers =
  /^(ping6?|nslookup|dig|host|getent|nc|ncat|netcat|telnet|curl|wget|http|httpie|pg_isready|psql|redis-cli|mysql|mysqladmin|mariadb|mongo|mongosh|wait-for-it(\.sh)?|wait-for(\.sh)?)$/;

/** The hosts that the tools in a command line are given as plain words: `nc -z db 5432`, `psql -h db -p 5432`. */
export function addressesInCommands(line: string): readonly Address[] {
  const found: Address[] = [];
  for (const command of line.split(/[;&|\n()`]+|\b(?:do|then|else|until|while|if)\b/)) {
    const words = command.trim().split(/\s+/).map(bare);
    const start = words.findIndex((word) => probers.test(toolIn(word)));
    if (start >= 0) takeToolHosts(toolIn(words[start] ?? ''), words.slice(start + 1), found);
  }
  return distinct(found);
}

const toolIn = (word: string): string => word.slice(word.lastIndexOf('/') + 1);

function takeToolHosts(tool: string, words: readonly string[], found: Address[]): void {
  const flagged = (...flags: readonly string[]): string | undefined => {
    const at = words.findIndex((word) => flags.includes(word));
    if (at >= 0) return words[at + 1];
    const assigned = words.find((word) => flags.some((flag) => word.startsWith(`${flag}=`)));
    return assigned?.slice(assigned.indexOf('=') + 1);
  };
  const host = flagged('-h', '--host');
  if (host !== undefined) return add(found, host, portNumber(flagged('-p', '-P', '--port')));
  for (const [index, word] of words.entries()) {
    const [first = ''] = word.split('/');
    if (word.startsWith('-') || word.includes(':') || /^\d+$/.test(word) || !isHost(first)) continue;
    add(found, first, /^(nc|ncat|netcat|telnet)$/.test(tool) ? portNumber(words[index + 1]) : undefined);
  }
}

/** Every address in a client's settings, with the port from the setting beside it where the address has none. */
export const referencesIn = (settings: readonly Setting[]): readonly Reference[] =>
  settings.flatMap((setting) =>
    addressesOf(setting).map((address): Reference => {
      const beside = address.port === undefined ? portBeside(setting, settings) : undefined;
      const port = portNumber(beside?.value.trim());
      if (!beside) return { ...address, setting };
      return port === undefined
        ? { ...address, setting, noPortSetting: beside }
        : { ...address, setting, port, portSetting: beside };
    }),
  );

/** A command line made of several words repeats what they say one by one: only its tools are new. */
function addressesOf({ source, path, value, key }: Setting): readonly Address[] {
  if (source === 'commandLine' && !path.endsWith(']')) return addressesInCommands(value);
  const script =
    source === 'commandLine' ||
    (source === 'file' && /^\W*(until|while|if|nc|curl|wget|nslookup|pg_isready)\b/.test(value));
  return script ? distinct([...addressesIn(value, key), ...addressesInCommands(value)]) : addressesIn(value, key);
}

/**
 * DB_PORT beside DB_HOST, PGPORT beside PGHOST, `db.port` beside `db.host`, `-p` beside `-h`; in the same container.
 * A list in a file repeats its keys: of several the nearest belongs to the host.
 */
function portBeside(setting: Setting, settings: readonly Setting[]): Setting | undefined {
  const { key, container, source, object, path } = setting;
  if (key === '') return undefined;
  const stem = normalKey(key).replace(
    /_?(HOST_?NAME|HOSTS?|ADDR|ADDRESS|SERVERS?|SERVER_?NAME|ENDPOINTS?|URL|SERVICE|NODES?|CONTACT_POINTS?|SEEDS?|BROKERS?)$/,
    '',
  );
  const wanted = new Set(
    ['PORT', '_PORT', '_PORT_NUMBER', '_PORT_VALUE', '_SERVICE_PORT', '_TCP_PORT'].map((end) =>
      `${stem}${end}`.replace(/^_/, ''),
    ),
  );
  if (stem === '') wanted.delete('PORT');
  const ports = settings.filter(
    (other) =>
      other.container === container &&
      (other.source === 'file') === (source === 'file') &&
      (wanted.has(normalKey(other.key)) || (key === 'h' && other.key === 'p')),
  );
  if (ports.length < 2) return ports[0];
  const same = ports.filter((other) => other.object === object && other.path === path);
  const gapTo = (other: Setting) => settings.indexOf(other) - settings.indexOf(setting);
  // Of two equally near, the one after the host: that is the order in which both are written.
  return (same.length > 0 ? same : ports).toSorted(
    (a, b) => Math.abs(gapTo(a)) - Math.abs(gapTo(b)) || gapTo(b) - gapTo(a),
  )[0];
}

/** A value fit for a report: passwords in URLs and connection strings replaced, and long texts cut around what matters. */
export function withoutCredentials(value: string, around = ''): string {
  const clean = value
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'@]*(?:@[^\s/?#"'@]*)*@/gi, '$1***@')
    .replaceAll(/\S+@(tcp|udp)\(/g, '***@$1(')
    .replaceAll(/(jdbc:oracle:thin:)[^@\s]+@/g, '$1***@')
    .replaceAll(
      /((?:pass(?:word|wd)?|pwd|secret|token|api[_-]?key)["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s;,&"']+)/gi,
      '$1***',
    )
    .replaceAll(/(?<![\w/*])[^\s@"',:/]+:[^\s@"',/]+@(?=[\w.-]+:\d)/g, '***@');
  if (clean.length <= 160) return clean;
  const start = Math.max(0, clean.indexOf(around) - 60);
  return `${start > 0 ? '…' : ''}${clean.slice(start, start + 150)}…`;
}
