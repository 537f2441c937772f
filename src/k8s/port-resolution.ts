import { distance } from 'fastest-levenshtein';
import { endpointsIn, isExternalName, servesPort, type ListedEndpoint } from './endpoints.ts';
import type { Container, ContainerPort, EndpointSlice, Pod, PodSpec, Service, ServicePort } from './objects.ts';
import { oncePer, whileSame } from './once-per.ts';
import { isSidecar, isTerminating, podIPsOf, unfinishedPodsOf } from './pods.ts';
import {
  declaredPortsOf,
  isNamedPort,
  protocolOf,
  resolveTargetPort,
  targetPortOf,
  type DeclaredPort,
} from './ports.ts';

/** Why a named targetPort leads nowhere in a Pod. */
export type Unresolved =
  /** The name is a number in quotes. */
  | { readonly reason: 'digits' }
  /** A port of that name is there, for another protocol. */
  | { readonly reason: 'protocol'; readonly found: DeclaredPort }
  /** Only a native sidecar declares it, and this control plane does not look there. */
  | { readonly reason: 'sidecar'; readonly found: DeclaredPort }
  /** Only an init container declares it, which is gone when the Pod runs. */
  | { readonly reason: 'init'; readonly container: Container; readonly port: ContainerPort }
  /** Only the case or a letter differs. */
  | { readonly reason: 'misspelt'; readonly found: DeclaredPort }
  /** Ports are declared, none by this name: without any name, or by others. */
  | { readonly reason: 'unnamed' | 'other-names'; readonly found: readonly [DeclaredPort, ...DeclaredPort[]] }
  | { readonly reason: 'undeclared' };

/** How one port of a Service fares in one Pod. `number` is absent where it leads nowhere. */
export interface PortInPod {
  readonly pod: Pod;
  readonly number?: number;
  readonly why?: Unresolved;
}

export interface ResolvedPort {
  readonly port: ServicePort;
  /** Its place in `spec.ports`. */
  readonly index: number;
  readonly inPods: readonly PortInPod[];
}

/** Each port of a Service in each of its Pods. What the slices say goes above what the Pods declare: that is where traffic goes. */
export const resolvePorts = (
  service: Service,
  pods: readonly Pod[],
  slices: readonly EndpointSlice[] = noSlices,
  serverVersion?: string,
): readonly ResolvedPort[] => resolved(service, pods, slices, serverVersion);

const noSlices: readonly EndpointSlice[] = [];

const resolved = whileSame(
  (
    service: Service,
    pods: readonly Pod[],
    slices: readonly EndpointSlice[],
    serverVersion: string | undefined,
  ): readonly ResolvedPort[] => {
    if (isExternalName(service)) return [];
    const members = unfinishedPodsOf(service, pods).filter((pod) => !isTerminating(pod));
    return (service.spec.ports ?? []).map((port, index) => ({
      port,
      index,
      inPods: members.map((pod) => resolveIn(pod, port, slices, serverVersion)),
    }));
  },
);

/** Whether a port leads nowhere in any Pod, in the first of them for one of these reasons. */
export const isLostBecause = ({ inPods }: ResolvedPort, reasons: readonly Unresolved['reason'][]): boolean =>
  inPods.length > 0 &&
  inPods.every(({ why }) => why !== undefined) &&
  reasons.includes(inPods[0]?.why?.reason ?? 'undeclared');

function resolveIn(
  pod: Pod,
  port: ServicePort,
  slices: readonly EndpointSlice[],
  serverVersion: string | undefined,
): PortInPod {
  const number = resolveTargetPort(pod, port, serverVersion);
  const bySidecar =
    isNamedPort(targetPortOf(port)) &&
    resolveTargetPort({ spec: { containers: pod.spec.containers } }, port) === undefined;
  if (number !== undefined && !bySidecar) return { pod, number };
  const opened = openedIn(slices, pod, port);
  if (number !== undefined && opened !== false) return { pod, number };
  if (typeof opened === 'number') return { pod, number: opened };
  return { pod, why: whyUnresolved(pod.spec, port) };
}

/** The number that the slices open for a Pod, false where they list the Pod without this port, undefined where they do not list it. */
function openedIn(slices: readonly EndpointSlice[], pod: Pod, port: ServicePort): number | false | undefined {
  const { byPod, byAddress } = listings(slices);
  const named = byPod.get(pod.metadata.name) ?? [];
  const addressed = podIPsOf(pod).flatMap((ip) => byAddress.get(ip) ?? []);
  const either = new Set([...named, ...addressed]);
  const listing = either.size === named.length ? named : endpointsIn(slices).filter((listed) => either.has(listed));
  if (listing.length === 0) return undefined;
  return (
    listing.map(({ slice }) => servesPort(slice, port)?.port).find((number) => typeof number === 'number') ?? false
  );
}

const listings = oncePer((slices: readonly EndpointSlice[]) => {
  const byAddress = new Map<string, ListedEndpoint[]>();
  for (const listed of endpointsIn(slices)) {
    for (const ip of listed.endpoint.addresses) {
      const there = byAddress.get(ip);
      if (there) there.push(listed);
      else byAddress.set(ip, [listed]);
    }
  }
  return { byPod: Map.groupBy(endpointsIn(slices), ({ endpoint }) => endpoint.targetRef?.name), byAddress };
});

/** What comes closest to a named targetPort in a Pod where it does not resolve. */
export function whyUnresolved(spec: PodSpec, port: ServicePort): Unresolved {
  const name = String(targetPortOf(port));
  if (/^\d+$/.test(name)) return { reason: 'digits' };
  const declared = declaredPortsOf(spec);
  const called = declared.filter((found) => found.port.name === name);
  const sidecar = called.find((found) => found.sidecar && protocolOf(found.port) === protocolOf(port));
  if (sidecar) return { reason: 'sidecar', found: sidecar };
  if (called[0]) return { reason: 'protocol', found: called[0] };
  const init = (spec.initContainers ?? []).filter((container) => !isSidecar(container));
  for (const container of init) {
    const gone = (container.ports ?? []).find((candidate) => candidate.name === name);
    if (gone) return { reason: 'init', container, port: gone };
  }
  const misspelt = declared.find(({ port: found }) => found.name !== undefined && isSlip(name, found.name));
  if (misspelt) return { reason: 'misspelt', found: misspelt };
  const [first, ...others] = bestFirst(declared, port);
  if (!first) return { reason: 'undeclared' };
  return { reason: declared.every((found) => !found.port.name) ? 'unnamed' : 'other-names', found: [first, ...others] };
}

const isSlip = (wanted: string, found: string): boolean =>
  wanted.toLowerCase() === found.toLowerCase() ||
  wanted.replaceAll('-', '') === found.replaceAll('-', '') ||
  (wanted.length > 3 && found.length > 3 && distance(wanted, found) <= (wanted.length > 6 ? 2 : 1));

/** Ports that serve something else than the app: metrics, health, administration. */
const aside = /metric|prom|health|probe|admin|debug|manage|status|liveness|readiness|telemetry|stats|envoy/i;

/** The declared ports, the one most likely meant first: of the same protocol and name, not one for metrics. */
function bestFirst(declared: readonly DeclaredPort[], port: ServicePort): readonly DeclaredPort[] {
  const doubt = ({ port: found, sidecar }: DeclaredPort): number =>
    (protocolOf(found) === protocolOf(port) ? 0 : 8) +
    (found.name === port.name || found.containerPort === port.port ? 0 : 2) +
    (aside.test(found.name ?? '') && !aside.test(port.name ?? '') ? 4 : 0) +
    (sidecar ? 1 : 0);
  return [...declared].sort((a, b) => doubt(a) - doubt(b));
}

/** `http 8080/TCP in container app`; a port without a name as `unnamed 8080/TCP`. */
export const formatDeclared = ({ container, port }: DeclaredPort): string =>
  `${port.name ?? 'unnamed'} ${port.containerPort}/${protocolOf(port)} in container ${container.name}`;

/** Where a container port stands in a Pod spec: `containers[0].ports[1]`. */
export function pathOfDeclared(spec: PodSpec, { container, port }: DeclaredPort): string {
  const list = spec.containers.includes(container) ? 'containers' : 'initContainers';
  return `${list}[${(spec[list] ?? []).indexOf(container)}].ports[${(container.ports ?? []).indexOf(port)}]`;
}
