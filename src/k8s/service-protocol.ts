import { plainScheme, portOf, type Reference } from './client-references.ts';
import type { Pod, Service, ServicePort } from './objects.ts';
import { declaredPortsOf, isNamedPort, resolveTargetPort, targetPortOf } from './ports.ts';

/** What a mesh can do with a port: read requests, look at the TLS greeting, or copy bytes. */
type ProtocolFamily = 'http' | 'tls' | 'tcp' | 'udp' | 'auto';

export interface DeclaredProtocol {
  readonly family: ProtocolFamily;
  /** The word itself: `http`, `grpc`, `tcp`; empty where it is guessed. */
  readonly word: string;
  /** `appProtocol http`, `name tcp-web`: where it is said. */
  readonly by: string;
}

const families: Readonly<Record<string, ProtocolFamily>> = {
  http: 'http',
  http2: 'http',
  grpc: 'http',
  'grpc-web': 'http',
  https: 'tls',
  tls: 'tls',
  tcp: 'tcp',
  mongo: 'tcp',
  mysql: 'tcp',
  redis: 'tcp',
  udp: 'udp',
  'kubernetes.io/h2c': 'http',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'tls',
};

/** Ports whose protocol Istio never guesses: SMTP, DNS, MySQL, MongoDB. */
const neverGuessed: readonly number[] = [25, 53, 3306, 27017];

/**
 * The protocol Istio takes a Service port to speak: by appProtocol, else by the first word of its name, else guessed from the first bytes.
 * Source: istio/pkg/config/kube/conversion.go, ConvertProtocol.
 */
export function declaredProtocolOf(port: ServicePort): DeclaredProtocol {
  if (port.protocol === 'UDP') return { family: 'udp', word: 'udp', by: 'protocol UDP' };
  const said = port.appProtocol ?? port.name ?? '';
  const by = port.appProtocol
    ? `appProtocol ${port.appProtocol}`
    : port.name
      ? `name ${port.name}`
      : 'the port is unnamed';
  const whole = said.toLowerCase();
  const word = whole.startsWith('grpc-web') ? 'grpc-web' : families[whole] ? whole : (whole.split('-')[0] ?? '');
  const family = families[word];
  if (family) return { family, word, by };
  return neverGuessed.includes(port.port)
    ? { family: 'tcp', word: 'tcp', by: `port ${port.port}, which Istio never guesses` }
    : { family: 'auto', word: '', by };
}

/** An application that speaks a protocol of its own, and how it is recognised. */
export interface KnownApplication {
  readonly name: string;
  /** It speaks first: whoever waits for the client's first bytes waits for ever. */
  readonly serverFirst: boolean;
  /** Where it usually listens. */
  readonly ports: readonly number[];
}

const applications: readonly (KnownApplication & { readonly image: RegExp; readonly word?: RegExp })[] = [
  {
    name: 'MySQL',
    serverFirst: true,
    ports: [3306, 3307, 4567, 4568, 6032, 6033],
    image: /mysql|mariadb|percona|proxysql|maxscale|vitess/,
    word: /^(mysql|mariadb|proxysql)$/,
  },
  { name: 'PostgreSQL', serverFirst: false, ports: [5432], image: /postgres|pgbouncer|timescale/ },
  { name: 'MongoDB', serverFirst: false, ports: [27017], image: /mongo/ },
  { name: 'Redis', serverFirst: false, ports: [6379], image: /redis|valkey/ },
  { name: 'Memcached', serverFirst: false, ports: [11211], image: /memcached/ },
  { name: 'Kafka', serverFirst: false, ports: [9092], image: /kafka/ },
  { name: 'ZooKeeper', serverFirst: false, ports: [2181], image: /zookeeper/ },
  { name: 'RabbitMQ (AMQP)', serverFirst: false, ports: [5672, 5671], image: /rabbitmq/ },
  { name: 'Cassandra', serverFirst: false, ports: [9042], image: /cassandra|scylla/ },
  { name: 'NATS', serverFirst: true, ports: [4222], image: /(^|\/)nats/, word: /^nats$/ },
  {
    name: 'SMTP',
    serverFirst: true,
    ports: [25, 587, 1025],
    image: /postfix|mailhog|mailpit|exim|smtp/,
    word: /^(smtps?|submission)$/,
  },
  { name: 'SQL Server', serverFirst: false, ports: [1433], image: /mssql/ },
  { name: 'LDAP', serverFirst: false, ports: [389, 1389], image: /openldap/ },
  { name: 'FTP', serverFirst: true, ports: [21], image: /ftpd/, word: /^ftp$/ },
  { name: 'SSH', serverFirst: true, ports: [22, 2222], image: /sftp|openssh/, word: /^(ssh|sftp)$/ },
  { name: 'IMAP', serverFirst: true, ports: [143], image: /dovecot/, word: /^imap$/ },
  { name: 'A TCP echo server', serverFirst: false, ports: [9000, 9001], image: /tcp-echo/ },
];

/** Ports that say enough without an image: nearly nobody puts anything else there. */
const tellingPorts: readonly number[] = [25, 587, 1433, 3306, 5432, 5672, 6379, 9042, 11211, 27017];

/** Companions that speak HTTP although they are called after what they serve. */
const companions = /exporter|express|admin|commander|insight|-ui|operator|web|api|-proxy|backup|connect|rest|console/;

/** The application behind a Service port, by the port of its Pods and by their images; undefined where nothing tells. */
export function applicationBehind(port: ServicePort, pods: readonly Pod[]): KnownApplication | undefined {
  for (const pod of pods) {
    const number = resolveTargetPort(pod, port);
    if (number === undefined) continue;
    const declared = declaredPortsOf(pod.spec);
    const owner = declared.find((each) => each.port.containerPort === number)?.container;
    const containers = owner ? [owner] : pod.spec.containers;
    const own = containers.filter(({ name }) => name !== 'istio-proxy' && name !== 'linkerd-proxy');
    const images = own.map(({ image = '' }) => image.toLowerCase().replace(/@.*$|:[^/]*$/, ''));
    const alone = new Set(
      declared.filter(({ container }) => own.includes(container)).map((each) => each.port.containerPort),
    );
    const known = applications.find(({ ports, image }) => {
      if (ports.includes(number) && tellingPorts.includes(number)) return true;
      const called = images.some((each) => image.test(each.split('/').slice(-2).join('/')) && !companions.test(each));
      return called && (ports.includes(number) || alone.size <= 1);
    });
    // A number alone says much, unless the Pod itself is probed by HTTP there.
    if (known && !speaksHttp(pod, number)) return known;
  }
  return undefined;
}

/** Words that say of what they stand beside that it is only about it: `mysql-metrics`, `smtp-ui`. */
const aside = /metric|prom|exporter|admin|http|web|api|ui$|console|rest|grpc|health|backup/;

/** What the client or the names say the server speaks, where neither image nor number does: only of servers that speak first. */
function applicationCalled(
  service: Service,
  port: ServicePort,
  pods: readonly Pod[],
  references: readonly Reference[],
): KnownApplication | undefined {
  const numbers = pods.map((pod) => resolveTargetPort(pod, port));
  if (pods.some((pod, index) => speaksHttp(pod, numbers[index] ?? 0))) return undefined;
  const declared = pods.flatMap((pod, index) =>
    declaredPortsOf(pod.spec).flatMap((each) =>
      each.port.containerPort === numbers[index] ? (each.port.name ?? []) : [],
    ),
  );
  const target = targetPortOf(port);
  const names = [port.appProtocol, port.name, ...(isNamedPort(target) ? [target] : []), ...declared];
  const told = names.flatMap((name) => wordsOf(name)).concat(references.flatMap((each) => saidBy(each, port, service)));
  const spoken = applications.find(({ word }) => word && told.some((each) => word.test(each)));
  if (spoken) return spoken;
  // The name of the Service speaks for a port only where it has no other and that one says nothing.
  const silent =
    declaredProtocolOf(port).family === 'auto' && ![80, 443, 3000, 8000, 8080, 8443, 9090].includes(port.port);
  if ((service.spec.ports ?? []).length !== 1 || !silent) return undefined;
  return applications.find(({ word }) => word && wordsOf(service.metadata.name).some((each) => word.test(each)));
}

const wordsOf = (name: string | undefined): readonly string[] =>
  name === undefined || aside.test(name.toLowerCase()) ? [] : name.toLowerCase().split(/[-_.]/);

/** `mysql://db:6033` and `MYSQL_HOST=db` say what the client speaks to it. */
function saidBy(reference: Reference, port: ServicePort, { spec }: Service): readonly string[] {
  const called = portOf(reference);
  if (called === undefined ? (spec.ports ?? []).length !== 1 : called !== port.port) return [];
  if (reference.scheme !== undefined) return [plainScheme(reference.scheme).replace(/^jdbc:/, '')];
  return wordsOf(reference.setting.key);
}

/** The application behind a port: by image and number, else by what it is called and how the client calls it. */
export const applicationOf = (
  service: Service,
  port: ServicePort,
  pods: readonly Pod[],
  references: readonly Reference[] = [],
): KnownApplication | undefined => applicationBehind(port, pods) ?? applicationCalled(service, port, pods, references);

/** Whether TLS is spoken on a port that looks like it: the client calls https:// there, or the container calls the port so. */
export function looksLikeTls(port: ServicePort, pods: readonly Pod[], references: readonly Reference[]): boolean {
  const declared = pods.flatMap((pod) => {
    const number = resolveTargetPort(pod, port);
    return declaredPortsOf(pod.spec).flatMap((each) =>
      each.port.containerPort === number ? [{ number, name: each.port.name ?? '' }] : [],
    );
  });
  const named = declared.some(({ name }) => /^(https|tls)(-|$)/.test(name));
  const numbered = String(port.port).endsWith('443') || declared.some(({ number }) => String(number).endsWith('443'));
  const called = references.some(
    (each) => each.scheme !== undefined && plainScheme(each.scheme) === 'https' && portOf(each) === port.port,
  );
  return (named && numbered) || (called && (named || numbered));
}

/** Whether an HTTP probe of the Pod asks this port: it speaks HTTP, or HTTPS where the probe says so. */
export const speaksHttp = (pod: Pod, number: number): 'HTTP' | 'HTTPS' | undefined => {
  for (const { ports = [], readinessProbe, livenessProbe, startupProbe } of pod.spec.containers) {
    for (const probe of [readinessProbe, livenessProbe, startupProbe]) {
      if (!probe?.httpGet) continue;
      const { port, scheme = 'HTTP' } = probe.httpGet;
      const probed = typeof port === 'number' ? port : ports.find(({ name }) => name === port)?.containerPort;
      if (probed === number) return scheme;
    }
  }
  return undefined;
};

/** Whether a Pod shows that it speaks gRPC on a port: by a gRPC probe, or by the name of the port. */
export const speaksGrpc = (pod: Pod, number: number): boolean =>
  pod.spec.containers.some(
    ({ ports = [], readinessProbe, livenessProbe, startupProbe }) =>
      [readinessProbe, livenessProbe, startupProbe].some((probe) => probe?.grpc?.port === number) ||
      ports.some((port) => port.containerPort === number && /^grpc(-|$)/.test(port.name ?? '')),
  );
