import type { Container, IntOrString, Pod, PodSpec, Service, ServicePort } from './objects.ts';
import { isReady, runningContainersOf } from './pods.ts';
import { declaredPortsOf, isNamedPort, protocolOf, resolveTargetPort, targetPortOf } from './ports.ts';

/** The ports that well-known images serve unless told otherwise. */
const imagePorts: readonly (readonly [RegExp, number])[] = [
  [
    /(^|\/)(nginx|httpd|apache2?|traefik\/whoami|wordpress|drupal|nextcloud|joomla|phpmyadmin|whoami|nginxdemos\/hello|caddy)$/,
    80,
  ],
  [/(^|\/)(postgres|postgresql|postgis)$/, 5432],
  [/(^|\/)(mysql|mariadb|percona)$/, 3306],
  [/(^|\/)(redis|valkey)$/, 6379],
  [/(^|\/)(mongo|mongodb)$/, 27017],
  [/(^|\/)(rabbitmq)$/, 5672],
  [/(^|\/)(memcached)$/, 11211],
  [/(^|\/)(elasticsearch|opensearch)$/, 9200],
  [/(^|\/)(kibana)$/, 5601],
  [/(^|\/)(grafana)$/, 3000],
  [/(^|\/)(prometheus)$/, 9090],
  [/(^|\/)(tomcat|jenkins|keycloak|nginx-unprivileged|echoserver|hello-app|echo-server|podinfo-http)$/, 8080],
  [/(^|\/)(podinfo)$/, 9898],
  [/(^|\/)(http-echo)$/, 5678],
  [/(^|\/)(nats)$/, 4222],
  [/(^|\/)(minio)$/, 9000],
  [/(^|\/)(vault)$/, 8200],
  [/(^|\/)(consul)$/, 8500],
  [/(^|\/)(etcd)$/, 2379],
];

const portVariables =
  /^(PORT|HTTP_PORT|SERVER_PORT|APP_PORT|LISTEN_PORT|SERVICE_PORT|WEB_PORT|NODE_PORT|ASPNETCORE_HTTP_PORTS|FLASK_RUN_PORT|UVICORN_PORT|GRPC_PORT|API_PORT|PORT_NUMBER)$/;

interface PortHint {
  readonly port: number;
  /** Where it is said: `env PORT=3000`, `container app declares 8080`. */
  readonly says: string;
}

/** Everything in a Pod that tells on which port its one program listens. None is proof; several that agree come close. */
function portHintsOf(pod: Pod, containers: readonly Container[]): readonly PortHint[] {
  return containers.flatMap((container): readonly PortHint[] => [
    ...(container.ports ?? []).map(({ containerPort }) => ({
      port: containerPort,
      says: `container ${container.name} declares ${containerPort}`,
    })),
    ...probeHints(container, isReady(pod)),
    ...portsToldTo([container]),
    ...imageHints(container),
  ]);
}

/** A readiness probe that succeeds proves that somebody listens there; a probe that fails proves nothing. */
function probeHints({ name, ports = [], readinessProbe }: Container, ready: boolean): readonly PortHint[] {
  const target: IntOrString | undefined =
    readinessProbe?.httpGet?.port ?? readinessProbe?.tcpSocket?.port ?? readinessProbe?.grpc?.port;
  const port = typeof target === 'string' ? ports.find((declared) => declared.name === target)?.containerPort : target;
  return ready && port !== undefined ? [{ port, says: `the readiness probe of ${name} succeeds on ${port}` }] : [];
}

/** What a program is told about its port on its command line or by variables that name all addresses of the Pod: `--web.listen-address=:9115`. */
export const portsToldTo = (containers: readonly Container[]): readonly PortHint[] =>
  containers.flatMap((container) => [...variableHints(container), ...argumentHints(container)]);

const everyAddress = String.raw`(?:0\.0\.0\.0|\*|\[::\])?`;
const addressVariable = new RegExp(`^${everyAddress}:(\\d{2,5})$`);
const addressFlag = new RegExp(
  String.raw`(?:^|\s)--?([\w.-]*(?:bind|listen|addr|address|http))(?:=|\s+)${everyAddress}:(\d{2,5})\b`,
  'g',
);

const variableHints = ({ env = [] }: Container): readonly PortHint[] =>
  env.flatMap(({ name, value = '' }) => {
    const port = portVariables.test(name)
      ? /^(\d{2,5})$/.exec(value)?.[1]
      : /(^|_)(LISTEN|BIND|ADDR|ADDRESS)$/.test(name) && !aside.test(name)
        ? addressVariable.exec(value)?.[1]
        : undefined;
    return port === undefined ? [] : [{ port: Number(port), says: `env ${name}=${value}` }];
  });

function argumentHints({ command = [], args = [] }: Container): readonly PortHint[] {
  const line = [...command, ...args].join(' ');
  const known = [
    ...line.matchAll(
      /(?:^|\s)(?:--?(?:http[-.]?|listen[-.]?|server[-.]?|web[-.]?)?port(?:=|\s+)|-p\s+|--(?:bind|listen|addr|address|listen-address|http)(?:=|\s+)[\w.*[\]:]*:|-(?:listen|addr)(?:=|\s+)[\w.]*:|http\.server\s+|runserver\s+[\w.]*:)(\d{2,5})\b/g,
    ),
  ].map(([text, port]) => ({ text: text.trim(), port: Number(port) }));
  const addresses = [...line.matchAll(addressFlag)]
    .filter(([, flag = '']) => !aside.test(flag))
    .map(([text, , port]) => ({ text: text.trim(), port: Number(port) }));
  return [...known, ...addresses.filter(({ text }) => !known.some((other) => other.text === text))].map(
    ({ text, port }) => ({ port, says: `it is started with ${text}` }),
  );
}

function imageHints({ image = '', command, args, env = [] }: Container): readonly PortHint[] {
  const repository = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  const known = imagePorts.find(([pattern]) => pattern.test(repository));
  const custom = command !== undefined || args !== undefined || env.some(({ name }) => /PORT/.test(name));
  return known && !custom ? [{ port: known[1], says: `image ${image} listens on ${known[1]}` }] : [];
}

/** Containers that a mesh or an operator adds beside the program itself. */
const injected =
  /^(istio-proxy|istio-validation|linkerd-proxy|envoy|envoy-sidecar|kuma-sidecar|consul-dataplane|vault-agent|cloud-?sql-proxy|fluent-?bit|otc-container|jaeger-agent|datadog-agent|dapr(d)?)$/;

/** The containers that are the program of a Pod, without what is injected beside it. */
export const programsIn = (spec: PodSpec): readonly Container[] =>
  runningContainersOf(spec).filter(({ name }) => !injected.test(name));

/** Ports beside the one that serves: metrics, health, administration. Their declaration and probes tell nothing of the others. */
const aside = /metric|prom|health|probe|admin|debug|manage|mgmt|status|live|ready|telemetry|stats|actuator/i;

export interface Elsewhere {
  readonly port: ServicePort;
  readonly index: number;
  readonly target: number;
  /** Where everything points instead. */
  readonly instead: number;
  readonly hints: readonly PortHint[];
  /** The target is declared too, for something else. */
  readonly another?: true;
}

/** Containers that stand in front of the program: a targetPort that leads to one of them is meant so. */
const inFront =
  /proxy|envoy|oauth|auth|gateway|nginx|haproxy|traefik|caddy|istio|linkerd|tls|tunnel|stunnel|rbac|waf|modsec|varnish|cache|sidecar/i;

/**
 * Ports of a Service that lead to one container while another port, declared by the name and number of the Service port itself, is left aside:
 * `redis` 6379 that ends at the exporter's 9121. Proxies in front of a program do that on purpose.
 */
export function namesakesElsewhere(service: Service, pod: Pod): readonly Elsewhere[] {
  const declared = declaredPortsOf(pod.spec);
  const ports = service.spec.ports ?? [];
  return ports.flatMap((port, index): readonly Elsewhere[] => {
    const target = resolveTargetPort(pod, port);
    const found = declared.find(
      ({ port: own }) => own.containerPort === target && protocolOf(own) === protocolOf(port),
    );
    const namesake = declared.find(
      ({ port: own }) =>
        own.name !== undefined &&
        own.name === port.name &&
        own.containerPort === port.port &&
        protocolOf(own) === protocolOf(port),
    );
    if (target === undefined || !found || !namesake || found.port.name === port.name) return [];
    const isAside = aside.test(`${found.port.name} ${found.container.name}`) || /export/i.test(found.container.name);
    if (!isAside && inFront.test(`${found.port.name} ${found.container.name} ${found.container.image}`)) return [];
    const instead = namesake.port.containerPort;
    return [
      {
        port,
        index,
        target,
        instead,
        another: true,
        hints: [
          { port: target, says: `${target} is ${found.port.name ?? 'a port'} of container ${found.container.name}` },
          {
            port: instead,
            says: `container ${namesake.container.name} declares ${instead} as ${namesake.port.name}, as the Service port is called and numbered`,
          },
        ],
      },
    ];
  });
}

/** Numeric targetPorts that nothing in a Pod speaks for, while at least two hints agree on another number and none on a third. */
export function targetsElsewhere(service: Service, pod: Pod): readonly Elsewhere[] {
  const containers = programsIn(pod.spec);
  if (containers.length !== 1) return []; // who serves which port is anybody's guess
  const ports = service.spec.ports ?? [];
  const declares = (port: ServicePort) =>
    containers[0]?.ports?.some(({ containerPort }) => containerPort === targetPortOf(port)) === true;
  if (ports.every((port) => isNamedPort(targetPortOf(port)) || declares(port))) return [];
  const all = portHintsOf(pod, containers);
  return ports.flatMap((port, index): readonly Elsewhere[] => {
    const target = targetPortOf(port);
    if (isNamedPort(target) || protocolOf(port) !== 'TCP' || all.some((hint) => hint.port === target)) return [];
    const declared = declaredPortsOf(pod.spec).filter(({ port: found }) => protocolOf(found) === 'TCP');
    const spoken = new Set(ports.filter((other) => other !== port).map(targetPortOf));
    const besides = new Set(
      containers.flatMap(({ ports: own = [] }) =>
        own.filter(({ name }) => aside.test(name ?? '')).map(({ containerPort }) => containerPort),
      ),
    );
    const free = all.filter((hint) => !spoken.has(hint.port) && !besides.has(hint.port));
    const numbers = [...new Set(free.map((hint) => hint.port))];
    const [instead] = numbers;
    if (instead === undefined || numbers.length > 1) return [];
    const swapped = instead === port.port && port.port !== target;
    const hints = [
      ...free,
      ...(swapped
        ? [{ port: instead, says: `spec.ports[${index}].port is ${port.port}: port and targetPort are swapped` }]
        : []),
    ];
    return hints.length >= 2 ||
      (hints.length === 1 &&
        declared.length === 1 &&
        target === port.port &&
        ports.length === 1 &&
        service.spec.clusterIP !== 'None')
      ? [{ port, index, target, instead, hints }]
      : [];
  });
}
