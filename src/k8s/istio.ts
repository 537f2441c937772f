import { named } from './named.ts';
import { oncePer } from './once-per.ts';
import { formatLabels, includesLabels } from './labels.ts';
import type { ConfigMap, CustomObject, KubeObject, Labels, Namespace, Pod, PodSpec } from './objects.ts';

/** Where Istio keeps what holds for the whole mesh, unless its MeshConfig names another namespace. */
export const rootNamespace = 'istio-system';

/** How a Pod takes part in Istio: with a proxy of its own, or through the node's ztunnel. */
export type Membership = 'sidecar' | 'ambient';

const modeLabel = 'istio.io/dataplane-mode';

export const hasSidecar = (spec: PodSpec): boolean =>
  [...spec.containers, ...(spec.initContainers ?? [])].some(({ name }) => name === 'istio-proxy');

/** Whether a Pod is in the mesh; Pods on the host's network never are through ztunnel. */
export function membershipOf(
  pod: { readonly metadata: Pod['metadata']; readonly spec: PodSpec },
  namespaces: readonly Namespace[] | undefined,
): Membership | undefined {
  if (hasSidecar(pod.spec)) return 'sidecar';
  if (pod.spec.hostNetwork === true) return undefined;
  if (pod.metadata.annotations?.['ambient.istio.io/redirection'] === 'enabled') return 'ambient';
  const home = named(namespaces, pod.metadata.namespace);
  const mode = pod.metadata.labels?.[modeLabel] ?? home?.metadata.labels?.[modeLabel];
  return mode === 'ambient' ? 'ambient' : undefined;
}

/** Why a Pod has no sidecar, as far as its labels and those of its namespace tell. */
export function whyOutside(
  pod: { readonly metadata: Pod['metadata']; readonly spec: PodSpec },
  namespace: Namespace | undefined,
): { readonly object: KubeObject | undefined; readonly path: string; readonly saw: string; readonly because: string } {
  const { labels = {}, annotations = {} } = pod.metadata;
  const inject = labels['sidecar.istio.io/inject'] ?? annotations['sidecar.istio.io/inject'];
  const home = pod.metadata.namespace ?? '';
  if (pod.spec.hostNetwork === true)
    return { object: undefined, path: 'spec.hostNetwork', saw: 'true', because: 'Pods on the host network get none' };
  if (inject === 'false')
    return {
      object: undefined,
      path: 'metadata.labels["sidecar.istio.io/inject"]',
      saw: 'false',
      because: 'sidecar.istio.io/inject=false keeps the sidecar out',
    };
  const given = namespace?.metadata.labels ?? {};
  const injection = given['istio-injection'] ?? given['istio.io/rev'];
  const path = 'metadata.labels["istio-injection"]';
  if (injection === undefined)
    return {
      object: namespace,
      path,
      saw: 'absent',
      because: `namespace ${home} has no label istio-injection=enabled`,
    };
  if (injection === 'disabled')
    return { object: namespace, path, saw: injection, because: `namespace ${home} has istio-injection=disabled` };
  return {
    object: namespace,
    path,
    saw: injection,
    because: `namespace ${home} is labelled for injection, but the Pod was made before; it needs a restart`,
  };
}

/** What we read of a resource whose fields only its project knows. */
const specOf = <T>(object: CustomObject): T => (object.spec ?? {}) as T;

interface PeerAuthenticationSpec {
  readonly selector?: { readonly matchLabels?: Labels };
  readonly mtls?: { readonly mode?: string };
  readonly portLevelMtls?: Readonly<Record<string, { readonly mode?: string }>>;
}

export interface MutualTls {
  readonly mode: 'STRICT' | 'PERMISSIVE' | 'DISABLE';
  /** The policy that says so; undefined where none does: then it is PERMISSIVE. */
  readonly policy?: CustomObject;
  readonly field: string;
}

/**
 * The mode in which a Pod's proxy takes connections to one of its ports: by port, by workload, by namespace, by mesh; UNSET asks the next wider.
 * Of several policies of one width the oldest counts. Source: istio/pilot/pkg/model/authentication.go, composePeerAuthentication.
 */
export function mutualTlsOf(pod: Pod, port: number | undefined, policies: readonly CustomObject[]): MutualTls {
  const home = pod.metadata.namespace;
  const labelsOf = (policy: CustomObject) => specOf<PeerAuthenticationSpec>(policy).selector?.matchLabels ?? {};
  const wide = (policy: CustomObject) => Object.keys(labelsOf(policy)).length === 0;
  const oldest = policies.toSorted((a, b) =>
    (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1,
  );
  const inHome = oldest.filter(({ metadata }) => metadata.namespace === home);
  const ofWorkload =
    home === rootNamespace
      ? undefined
      : inHome.find((policy) => !wide(policy) && includesLabels(pod.metadata.labels, labelsOf(policy)));
  const widths = [
    ofWorkload,
    inHome.find(wide),
    oldest.find((policy) => policy.metadata.namespace === rootNamespace && wide(policy)),
  ];
  const known = (mode: string | undefined) =>
    mode === 'STRICT' || mode === 'PERMISSIVE' || mode === 'DISABLE' ? mode : undefined;
  const ofPort =
    port === undefined || !ofWorkload ? undefined : specOf<PeerAuthenticationSpec>(ofWorkload).portLevelMtls?.[port];
  const portMode = known(ofPort?.mode);
  if (portMode && ofWorkload)
    return { mode: portMode, policy: ofWorkload, field: `spec.portLevelMtls["${port}"].mode` };
  for (const policy of widths) {
    const mode = policy ? known(specOf<PeerAuthenticationSpec>(policy).mtls?.mode) : undefined;
    if (policy && mode) return { mode, policy, field: 'spec.mtls.mode' };
  }
  return { mode: 'PERMISSIVE', field: 'spec.mtls.mode' };
}

/** Ports that a Pod's sidecar leaves alone, from its annotations: `8080,9090` or `*`. */
export function leavesAlone(
  pod: { readonly metadata: Pod['metadata'] },
  direction: 'Inbound' | 'Outbound',
  port: number,
): boolean {
  const annotations = pod.metadata.annotations ?? {};
  const lists = (key: string) =>
    (annotations[`traffic.sidecar.istio.io/${key}${direction}Ports`] ?? '').split(',').map((each) => each.trim());
  const included = annotations[`traffic.sidecar.istio.io/include${direction}Ports`];
  if (lists('exclude').includes(String(port))) return true;
  return (
    direction === 'Inbound' && included !== undefined && included !== '*' && !lists('include').includes(String(port))
  );
}

/**
 * The full name a host stands for. Only a name without any dot is completed, with the namespace of the *rule*; `web.shop` stays as it is.
 * Source: istio/pilot/pkg/model/virtualservice.go, ResolveShortnameToFQDN.
 */
export const fullHost = (host: string, namespace: string | undefined, domain = 'cluster.local'): string =>
  host === '*' || host.includes('.') ? host : `${host}.${namespace ?? ''}.svc.${domain}`;

/** The Service a full host denotes, in whatever cluster domain. */
export function serviceOfHost(host: string): { readonly name: string; readonly namespace: string } | undefined {
  const [, name, namespace] = /^([^.*]+)\.([^.]+)\.svc\..+$/.exec(host) ?? [];
  return name !== undefined && namespace !== undefined ? { name, namespace } : undefined;
}

/** Whether a host of a rule, which may begin with a wildcard, covers a Service. */
export function coversService(
  host: string,
  ruleNamespace: string | undefined,
  service: { readonly name: string; readonly namespace?: string },
): boolean {
  const full = fullHost(host, ruleNamespace);
  if (full === '*') return true;
  const fqdn = `${service.name}.${service.namespace ?? ''}.svc.cluster.local`;
  if (full.startsWith('*')) return fqdn.endsWith(full.slice(1));
  const named = serviceOfHost(full);
  return named?.name === service.name && named.namespace === service.namespace;
}

interface TrafficPolicy {
  readonly tls?: { readonly mode?: string };
  readonly portLevelSettings?: readonly {
    readonly port?: { readonly number?: number };
    readonly tls?: { readonly mode?: string };
  }[];
}

interface DestinationRuleSpec {
  readonly host?: string;
  readonly trafficPolicy?: TrafficPolicy;
  readonly exportTo?: readonly string[];
  readonly workloadSelector?: { readonly matchLabels?: Labels };
  readonly subsets?: readonly {
    readonly name: string;
    readonly labels?: Labels;
    readonly trafficPolicy?: TrafficPolicy;
  }[];
}

export const destinationRuleSpec = (rule: CustomObject): DestinationRuleSpec => specOf<DestinationRuleSpec>(rule);

/**
 * The DestinationRule that a client obeys: from its own namespace, else from the Service's, else from the root; there the most specific host.
 * Source: istio/pilot/pkg/model/push_context.go, destinationRule.
 */
export function destinationRuleFor(
  service: { readonly name: string; readonly namespace?: string },
  clientNamespace: string | undefined,
  rules: readonly CustomObject[],
): CustomObject | undefined {
  for (const namespace of [clientNamespace, service.namespace, rootNamespace]) {
    const here = rules
      .filter(({ metadata }) => metadata.namespace === namespace)
      .filter((rule) => coversService(destinationRuleSpec(rule).host ?? '', namespace, service))
      .filter(
        (rule) =>
          namespace === clientNamespace || isExported(destinationRuleSpec(rule).exportTo, namespace, clientNamespace),
      );
    const [nearest] = here.toSorted((a, b) => precisionOf(b) - precisionOf(a));
    if (nearest) return nearest;
  }
  return undefined;
}

/** A host without wildcard before all others, then the longer one. */
const precisionOf = (rule: CustomObject): number => {
  const { host = '' } = destinationRuleSpec(rule);
  return host.startsWith('*') ? host.length : Number.POSITIVE_INFINITY;
};

/** Whether something exported to these namespaces is seen from another: nothing said means everywhere. */
export const isExported = (
  exportTo: readonly string[] | undefined,
  from: string | undefined,
  to: string | undefined,
): boolean =>
  to === undefined ||
  !exportTo ||
  exportTo.length === 0 ||
  exportTo.some((each) => each === '*' || (each === '.' ? from === to : each === to));

/** The TLS mode of a rule for a Service port, and where it stands. */
export function tlsModeOf(
  rule: CustomObject,
  port: number,
): { readonly mode: string; readonly field: string } | undefined {
  const { trafficPolicy } = destinationRuleSpec(rule);
  const index = (trafficPolicy?.portLevelSettings ?? []).findIndex((each) => each.port?.number === port);
  const ofPort = trafficPolicy?.portLevelSettings?.[index]?.tls?.mode;
  if (ofPort) return { mode: ofPort, field: `spec.trafficPolicy.portLevelSettings[${index}].tls.mode` };
  const mode = trafficPolicy?.tls?.mode;
  return mode ? { mode, field: 'spec.trafficPolicy.tls.mode' } : undefined;
}

export interface Destination {
  readonly rule: CustomObject;
  readonly host: string;
  readonly subset: string | undefined;
  readonly port: number | undefined;
  /** `spec.http[0].route[1].destination`. */
  readonly field: string;
  readonly kind: 'http' | 'tcp' | 'tls';
}

interface VirtualServiceSpec {
  readonly hosts?: readonly string[];
  readonly gateways?: readonly string[];
  readonly http?: readonly Routes[];
  readonly tcp?: readonly Routes[];
  readonly tls?: readonly Routes[];
}

interface Routes {
  readonly match?: readonly {
    readonly headers?: object;
    readonly queryParams?: object;
    readonly sourceLabels?: Labels;
    readonly port?: number;
  }[];
  readonly fault?: {
    readonly abort?: {
      readonly httpStatus?: number;
      readonly grpcStatus?: string;
      readonly percentage?: { readonly value?: number };
    };
    readonly delay?: {
      readonly fixedDelay?: string;
      readonly percentage?: { readonly value?: number };
      readonly percent?: number;
    };
  };
  readonly route?: readonly {
    readonly weight?: number;
    readonly destination?: {
      readonly host?: string;
      readonly subset?: string;
      readonly port?: { readonly number?: number };
    };
  }[];
}

const virtualServiceSpec = (rule: CustomObject): VirtualServiceSpec => specOf<VirtualServiceSpec>(rule);

export const hostsOf = (rule: CustomObject): readonly string[] => virtualServiceSpec(rule).hosts ?? [];

/** Without a word about gateways a VirtualService is for the sidecars. */
export const gatewaysNamedBy = (rule: CustomObject): readonly string[] => virtualServiceSpec(rule).gateways ?? ['mesh'];

interface IstioGatewaySpec {
  readonly selector?: Labels;
  readonly servers?: readonly {
    readonly port?: { readonly number?: number; readonly protocol?: string };
    readonly hosts?: readonly string[];
  }[];
}

export const gatewaySelector = (gateway: CustomObject): Labels => specOf<IstioGatewaySpec>(gateway).selector ?? {};

export const serversOf = (gateway: CustomObject): NonNullable<IstioGatewaySpec['servers']> =>
  specOf<IstioGatewaySpec>(gateway).servers ?? [];

/** Every destination that a VirtualService sends requests to: beside others, one without a weight gets none. */
export function destinationsOf(rule: CustomObject): readonly Destination[] {
  const spec = virtualServiceSpec(rule);
  return (['http', 'tls', 'tcp'] as const).flatMap((kind) =>
    (spec[kind] ?? []).flatMap(({ route = [] }, index) =>
      route.flatMap(({ destination, weight = 0 }, place) =>
        destination?.host === undefined || (weight === 0 && route.some((other) => (other.weight ?? 0) > 0))
          ? []
          : [
              {
                rule,
                host: destination.host,
                subset: destination.subset,
                port: destination.port?.number,
                field: `spec.${kind}[${index}].route[${place}].destination`,
                kind,
              },
            ],
      ),
    ),
  );
}

/** Requests that a VirtualService aborts or holds back on purpose. */
export interface Fault {
  readonly rule: CustomObject;
  readonly kind: 'abort' | 'delay';
  /** `spec.http[0].fault.abort`. */
  readonly field: string;
  readonly percent: number;
  /** `503`, `7s`. */
  readonly saw: string;
  /** Where the requests were going. */
  readonly hosts: readonly string[];
  /** Only requests with certain headers or of certain clients. */
  readonly narrow: boolean;
}

/** The faults that a VirtualService injects; without a percentage it injects none. */
export const faultsOf = (rule: CustomObject): readonly Fault[] =>
  (virtualServiceSpec(rule).http ?? []).flatMap(({ fault, match = [], route = [] }, index) => {
    const { abort, delay } = fault ?? {};
    const shared = {
      rule,
      hosts: route.flatMap(({ destination }) => destination?.host ?? []),
      narrow:
        match.length > 0 &&
        match.every(({ headers, queryParams, sourceLabels }) => headers ?? queryParams ?? sourceLabels),
    };
    const at = `spec.http[${index}].fault`;
    return [
      {
        ...shared,
        kind: 'abort' as const,
        field: `${at}.abort`,
        percent: abort?.percentage?.value ?? 0,
        saw: String(abort?.httpStatus ?? abort?.grpcStatus ?? 'an error'),
      },
      {
        ...shared,
        kind: 'delay' as const,
        field: `${at}.delay`,
        percent: delay?.percentage?.value ?? delay?.percent ?? 0,
        saw: delay?.fixedDelay ?? 'some time',
      },
    ].filter(({ percent }) => percent > 0);
  });

/** What the routes of a VirtualService at one place ask of a request. */
interface Demand {
  /** `spec.http[0].match`. */
  readonly field: string;
  /** `header x-tester or query beta`. */
  readonly saw: string;
}

/**
 * What a request must carry for the routes of a VirtualService to take it; undefined where one of them takes a plain request of the client
 * to one of the Service's ports. Paths and methods are not counted: a Service may well be meant for some of them alone.
 */
export function demandsOf(
  rule: CustomObject,
  client: Labels | undefined,
  ports: readonly number[],
): readonly Demand[] | undefined {
  const demands = (virtualServiceSpec(rule).http ?? []).map(({ match = [] }, index) => {
    const sorts = match.map(({ headers = {}, queryParams = {}, sourceLabels, port }) =>
      [
        ...Object.keys(headers).map((name) => `header ${name}`),
        ...Object.keys(queryParams).map((name) => `query ${name}`),
        ...(sourceLabels && client && !includesLabels(client, sourceLabels)
          ? [`sourceLabels ${formatLabels(sourceLabels)}`]
          : []),
        ...(port === undefined || ports.includes(port) ? [] : [`port ${port}`]),
      ].join(' and '),
    );
    return sorts.length > 0 && !sorts.includes('')
      ? [{ field: `spec.http[${index}].match`, saw: [...new Set(sorts)].join(' or ') }]
      : [];
  });
  return demands.length > 0 && demands.every((each) => each.length > 0) ? demands.flat() : undefined;
}

/** VirtualServices that change what clients inside the mesh reach under the Service's name. */
export const takesOver = (
  rule: CustomObject,
  service: { readonly name: string; readonly namespace?: string },
): boolean => {
  const { hosts = [], gateways = ['mesh'] } = virtualServiceSpec(rule);
  return gateways.includes('mesh') && hosts.some((host) => coversService(host, rule.metadata.namespace, service));
};

/** All of some VirtualServices that take over a Service: those that name it are looked up, those with wildcards tried. */
export const rulesTakingOver = (
  service: { readonly name: string; readonly namespace?: string },
  rules: readonly CustomObject[],
): readonly CustomObject[] => {
  const { named, wild } = rulesByHost(rules);
  const own = named.get(`${service.namespace} ${service.name}`) ?? [];
  return [...new Set([...own, ...wild])].filter((rule) => takesOver(rule, service));
};

const rulesByHost = oncePer((rules: readonly CustomObject[]) => {
  const hosts = rules.flatMap((rule) =>
    hostsOf(rule).map((host) => ({ rule, host: fullHost(host, rule.metadata.namespace) })),
  );
  const keyOf = (host: string) => {
    const service = serviceOfHost(host);
    return service && `${service.namespace} ${service.name}`;
  };
  const named = Map.groupBy(hosts, ({ host }) => keyOf(host));
  return {
    named: new Map([...named].map(([key, found]) => [key, found.map(({ rule }) => rule)])),
    wild: hosts.filter(({ host }) => host.startsWith('*')).map(({ rule }) => rule),
  };
});

interface SidecarSpec {
  readonly workloadSelector?: { readonly labels?: Labels };
  readonly egress?: readonly { readonly hosts?: readonly string[] }[];
  readonly outboundTrafficPolicy?: { readonly mode?: string };
}

export const sidecarSpec = (sidecar: CustomObject): SidecarSpec => specOf<SidecarSpec>(sidecar);

/** The Sidecar resource that a client obeys: its workload's, its namespace's, or the root's. */
export function sidecarFor(
  labels: Labels,
  namespace: string,
  sidecars: readonly CustomObject[],
): CustomObject | undefined {
  const inNamespace = (home: string) => sidecars.filter(({ metadata }) => metadata.namespace === home);
  const wide = (sidecar: CustomObject) => !sidecarSpec(sidecar).workloadSelector?.labels;
  return (
    inNamespace(namespace).find(
      (sidecar) => !wide(sidecar) && includesLabels(labels, sidecarSpec(sidecar).workloadSelector?.labels ?? {}),
    ) ??
    inNamespace(namespace).find(wide) ??
    inNamespace(rootNamespace).find(wide)
  );
}

/** Whether a Sidecar lets its workloads see a Service. A host names a namespace (or `.`, or `*`), a slash, and a name. */
export function sees(
  sidecar: CustomObject,
  home: string,
  service: { readonly name: string; readonly namespace?: string },
): boolean {
  const { egress } = sidecarSpec(sidecar);
  if (!egress) return true;
  return egress
    .flatMap(({ hosts = [] }) => hosts)
    .some((entry) => {
      const [namespace = '', host = ''] = entry.split('/');
      const inNamespace = namespace === '*' || (namespace === '.' ? home : namespace) === service.namespace;
      return inNamespace && coversService(host, service.namespace, service);
    });
}

/** What the mesh does with hosts it does not know; undefined where the MeshConfig does not say. */
export const outboundModeOf = (config: ConfigMap | undefined): string | undefined =>
  /outboundTrafficPolicy:\s*\n\s+mode:\s*"?(\w+)/.exec(config?.data?.['mesh'] ?? '')?.[1];
