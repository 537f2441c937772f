import { destinationsOf } from '../k8s/destinations.ts';
import { isExternalName } from '../k8s/endpoints.ts';
import { denotedBy, fqdnOf, questionsFor } from '../k8s/names.ts';
import type { Container, ContainerStatus, Pod, Service } from '../k8s/objects.ts';
import { isFinished, isReady, isTerminating, podIPsOf, podsSelectedBy, runningContainersOf } from '../k8s/pods.ts';
import { portsToldTo, programsIn } from '../k8s/port-hints.ts';
import { declaredPortsOf, protocolOf, resolveTargetPort } from '../k8s/ports.ts';
import { probePortOf } from '../k8s/probes.ts';
import { clientResolver, namesUsed } from '../snapshot/asked-servers.ts';
import { findClusterDns, portsOpened, type ClusterDns } from '../snapshot/cluster-dns.ts';
import type { ClusterView } from '../snapshot/cluster-view.ts';
import { factSources, findClient, type ClientName, type Scope, type TargetName } from '../snapshot/facts.ts';
import { domainOf } from '../snapshot/lookups.ts';
import type { PodName, Socket } from '../snapshot/snapshot.ts';
import type { AddressType, DnsQuestion } from './dns.ts';
import type { HealthQuestion } from './grpc.ts';
import type { HttpQuestion } from './http.ts';

/** A Pod to ask, and where it runs: if its node does not answer, no other Pod there will. */
export interface AskedPod {
  readonly pod: PodName;
  readonly node: string | undefined;
}

/** All questions for one DNS Pod, in the order in which they split the possible faults. */
export interface DnsServerToAsk extends AskedPod {
  readonly address: string;
  readonly port: number;
  readonly questions: readonly DnsQuestion[];
}

/** One endpoint and port. Where it refuses, the other ports tell where its process listens instead. */
export interface EndpointToDial extends AskedPod {
  readonly to: Socket;
  readonly otherwise: readonly number[];
}

/** A readiness probe to repeat. Where its path is unknown to the app, likelier ones are tried. */
export interface ProbeToRepeat extends AskedPod {
  readonly port: number;
  readonly address: string;
  /** Absent, and no `health` either: the probe only connects. */
  readonly request?: HttpQuestion;
  /** The request goes over TLS. */
  readonly secure?: true;
  readonly health?: HealthQuestion;
  readonly otherwise: readonly string[];
}

export interface ForwardPlan {
  readonly dns: readonly DnsServerToAsk[];
  readonly endpoints: readonly EndpointToDial[];
  readonly readiness: readonly ProbeToRepeat[];
  /** What is left out, and why. */
  readonly notes: readonly string[];
}

export const maxEndpoints = 20;
const maxDnsPods = 8;
const maxNames = 12;
const maxReadiness = 4;

/** Decides from what was read which questions are worth a port-forward: those whose answers no object can give. Pure. */
export function planForward(
  view: ClusterView,
  targets: readonly TargetName[],
  client: ClientName | undefined,
): ForwardPlan {
  const notes: string[] = [];
  const services = targets.flatMap((target) => {
    const service = view.object<Service>('services', target.namespace, target.name);
    return service ? [service] : [];
  });
  const endpoints = sampled(
    services.map((service) => endpointsOf(view, service)),
    maxEndpoints,
  );
  if (endpoints.left > 0) notes.push(`${endpoints.chosen.length} endpoints are probed, ${endpoints.left} are not`);
  return {
    dns: dnsToAsk(view, services, client, notes),
    endpoints: endpoints.chosen,
    readiness: services.flatMap((service) => readinessToRepeat(view, service)).slice(0, maxReadiness),
    notes,
  };
}

const nameOf = ({ metadata }: Pod): PodName => ({ namespace: metadata.namespace ?? '', name: metadata.name });
export const askedPod = (pod: Pod): AskedPod => ({ pod: nameOf(pod), node: pod.spec.nodeName });

/** A Pod that a port-forward reaches in a network of its own: on the host network, loopback is the node's. */
export const isReachable = (pod: Pod): boolean =>
  pod.status?.phase === 'Running' &&
  !isTerminating(pod) &&
  pod.spec.hostNetwork !== true &&
  podIPsOf(pod).length > 0 &&
  // Sandboxes of other systems have no network namespace that a port-forward could enter.
  (pod.status.containerStatuses ?? []).some(({ state }) => state?.running !== undefined);

/** Whether all its processes run, and had time to begin listening; a refusal of one that starts says nothing. */
export function isSettled(pod: Pod, now: number): boolean {
  if (isReady(pod)) return true;
  const running = (status: ContainerStatus) => {
    const since = Date.parse(status.state?.running?.startedAt ?? '');
    return status.started !== false && now - since > 20_000;
  };
  return (pod.status?.containerStatuses ?? []).every(running);
}

function endpointsOf(view: ClusterView, service: Service): readonly EndpointToDial[] {
  const { namespace = '' } = service.metadata;
  const slices = factSources.slices.from(view, { target: { namespace, name: service.metadata.name } });
  const seen = new Set<string>();
  return destinationsOf(service, slices, view.objects<Pod>('pods', namespace)).flatMap(
    ({ pod, address, port, protocol }) => {
      const key = `${address} ${port}`;
      if (!pod || protocol !== 'TCP' || !isReachable(pod) || !isSettled(pod, view.now) || seen.has(key)) return [];
      seen.add(key);
      return [{ ...askedPod(pod), to: { address, port, protocol }, otherwise: otherPortsFor(pod, service, port) }];
    },
  );
}

/** Ports that servers of many kinds choose unless told otherwise. */
const usualPorts = [80, 8080, 3000, 8000, 5000, 8443, 443, 8081, 9090, 5432, 3306, 6379];

/** Where a process that is not at its port is most likely to be: what its Pod declares or is told, what the Service says, what is usual. */
function otherPortsFor(pod: Pod, service: Service, port: number): readonly number[] {
  const declared = declaredPortsOf(pod.spec)
    .filter(({ port: found }) => protocolOf(found) === 'TCP')
    .map(({ port: found }) => found.containerPort);
  const told = runningContainersOf(pod.spec).flatMap(({ env = [] }) =>
    env.flatMap(({ name, value = '' }) => (name.endsWith('PORT') && /^\d{2,5}$/.test(value) ? [Number(value)] : [])),
  );
  const hinted = portsToldTo(programsIn(pod.spec)).map((hint) => hint.port);
  const offered = (service.spec.ports ?? []).map((each) => each.port);
  return [...new Set([...declared, ...hinted, ...told, ...offered, ...usualPorts])]
    .filter((each) => each !== port && each < 65_536)
    .slice(0, 16);
}

/** At most so many in all, from each list in turn, so that no list goes without. */
export function sampled<T>(
  lists: readonly (readonly T[])[],
  most: number,
): { readonly chosen: readonly T[]; readonly left: number } {
  const all = lists.reduce((sum, list) => sum + list.length, 0);
  const chosen: T[] = [];
  for (let round = 0; chosen.length < Math.min(all, most); round += 1)
    for (const list of lists) if (round < list.length && chosen.length < most) chosen.push(list[round] as T);
  return { chosen, left: all - chosen.length };
}

function dnsToAsk(
  view: ClusterView,
  services: readonly Service[],
  client: ClientName | undefined,
  notes: string[],
): readonly DnsServerToAsk[] {
  const dns = findClusterDns(view);
  const domain = domainOf(dns, view.observations('ResolvConf'));
  const names = [`kubernetes.default.svc.${domain}`];
  for (const service of services) names.push(...namesToAsk(view, service, client, dns, domain));
  const asked = [...new Set(names)].slice(0, maxNames);
  const types: readonly AddressType[] = ['A', 'AAAA'];
  const questions = asked.flatMap((name, index) =>
    (index === 0 ? types.slice(0, 1) : types).map((type) => ({ name, type })),
  );
  const usable = dns.pods.filter((pod) => isReachable(pod) && isSettled(pod, view.now));
  if (usable.length > maxDnsPods) notes.push(`${maxDnsPods} of ${usable.length} DNS Pods are asked`);
  return usable.slice(0, maxDnsPods).map((pod) => ({
    ...askedPod(pod),
    address: podIPsOf(pod)[0] ?? '',
    port: dnsPortOf(pod, dns),
    questions,
  }));
}

/**
 * The full name of a Service, and with a client the questions its resolver really asks, up to the one that the Service answers. Names outside the
 * cluster's zone are left out: they would go to somebody else's servers.
 */
function namesToAsk(
  view: ClusterView,
  service: Service,
  client: ClientName | undefined,
  dns: ClusterDns,
  domain: string,
): readonly string[] {
  const full = fqdnOf(service.metadata, domain);
  const found = client && findClient(view, client);
  if (!client || !found) return [full];
  const scope: Scope = { target: { namespace: service.metadata.namespace ?? '', name: service.metadata.name }, client };
  const configMaps = factSources.clientConfigMaps.from(view, scope);
  const used = namesUsed(found, configMaps, service, domain).map(({ host }) => host);
  const resolver = clientResolver(found, dns, view.observations('ResolvConf'));
  if (resolver.asks === 'node') return [full];
  const candidates = used.flatMap((host) => {
    const questions = questionsFor(host, resolver);
    const end = questions.indexOf(full);
    return (end < 0 ? questions : questions.slice(0, end + 1)).filter((each) => denotedBy(each, domain) !== undefined);
  });
  return [...new Set([full, ...candidates])];
}

/** The Pod's own port for DNS over TCP: what its Service leads to, what the Corefile opens, what is usual. */
function dnsPortOf(pod: Pod, dns: ClusterDns): number {
  const port = (dns.service?.spec.ports ?? []).find((each) => each.port === 53 && protocolOf(each) === 'TCP');
  return (port && resolveTargetPort(pod, port)) ?? portsOpened(dns)[0] ?? 53;
}

const usualPaths = ['/healthz', '/health', '/ready', '/readyz', '/livez', '/'];

/** The readiness probes of Pods that run and are not ready. */
function readinessToRepeat(view: ClusterView, service: Service): readonly ProbeToRepeat[] {
  if (isExternalName(service)) return [];
  const { namespace = '' } = service.metadata;
  return podsSelectedBy(service, view.objects<Pod>('pods', namespace))
    .filter((pod) => !isFinished(pod) && !isReady(pod) && isReachable(pod))
    .flatMap((pod) =>
      pod.spec.containers.flatMap((container) => {
        const repeated = repeatedProbe(pod, container);
        return repeated && runsUnready(pod, container) ? [repeated] : [];
      }),
    );
}

const runsUnready = ({ status }: Pod, { name }: Container): boolean =>
  (status?.containerStatuses ?? []).some(
    (each) => each.name === name && each.ready !== true && each.state?.running !== undefined,
  );

function repeatedProbe(pod: Pod, container: Container): ProbeToRepeat | undefined {
  const probe = container.readinessProbe;
  const port = probe && probePortOf(probe, container);
  if (!probe || port === undefined || probe.httpGet?.host !== undefined) return undefined;
  const [address = ''] = podIPsOf(pod);
  const common = { ...askedPod(pod), port, address };
  const authority = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  if (probe.tcpSocket) return { ...common, otherwise: [] };
  if (probe.grpc) return { ...common, health: { authority, service: probe.grpc.service ?? '' }, otherwise: [] };
  if (!probe.httpGet) return undefined;
  const { path = '/', httpHeaders = [], scheme } = probe.httpGet;
  const absolute = path.startsWith('/') ? path : `/${path}`;
  return {
    ...common,
    request: {
      path: absolute,
      host: authority,
      headers: httpHeaders,
    },
    ...(scheme === 'HTTPS' ? { secure: true } : {}),
    otherwise: usualPaths.filter((each) => each !== absolute),
  };
}
