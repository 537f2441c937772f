import { destinationsOf, type Destination } from './destinations.ts';
import { eventsAbout, textOf } from './events.ts';
import type { EndpointSlice, Event, Pod, Service } from './objects.ts';
import { whileSame } from './once-per.ts';
import { isReady, runningContainersOf } from './pods.ts';
import { probePortOf } from './probes.ts';
import { receptionAt, socketsIn, type ListeningSocket, type Reception } from './listening.ts';

/** The answers of probes that tell who listens, in the shapes of the snapshot. */
export interface ListeningProbes {
  readonly listeners?: readonly { readonly pod: PodName; readonly sockets: readonly ListeningSocket[] }[] | undefined;
  readonly connects?:
    | readonly { readonly from: object; readonly to: ListeningSocket; readonly outcome: string }[]
    | undefined;
  readonly execs?:
    | readonly {
        readonly pod: PodName;
        readonly command: readonly string[];
        readonly exitCode: number;
        readonly output: string;
      }[]
    | undefined;
}

interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** What a destination does with a connection, as far as probes tell. */
export interface Received extends Destination {
  /** Undefined: nobody looked. */
  readonly reception: Reception | undefined;
  /** All sockets of its Pod, where its table was read. */
  readonly sockets: readonly ListeningSocket[] | undefined;
  /** A connection from within the cluster was refused. */
  readonly refused: boolean;
  /** What a port-forward met, which dials the Pod's loopback and not its address. */
  readonly forwarded: 'connected' | 'refused' | undefined;
  /** Other ports on which the Pod was seen to accept a port-forward. */
  readonly acceptsOn: readonly number[];
}

/** Each destination of a Service with what is known of its listener: by the Pod's table of sockets, else by connections that were tried. */
export const receptionsOf = (
  service: Service,
  slices: readonly EndpointSlice[],
  pods: readonly Pod[],
  { listeners, connects, execs }: ListeningProbes,
): readonly Received[] => received(service, slices, pods, listeners, connects, execs);

const received = whileSame(
  (
    service: Service,
    slices: readonly EndpointSlice[],
    pods: readonly Pod[],
    listeners: ListeningProbes['listeners'],
    connects: ListeningProbes['connects'],
    execs: ListeningProbes['execs'],
  ): readonly Received[] =>
    destinationsOf(service, slices, pods).map((destination) => receivedAt(destination, { listeners, connects, execs })),
);

function receivedAt(destination: Destination, probes: ListeningProbes): Received {
  const sockets = destination.pod && socketsOf(destination.pod, probes);
  const tried = (probes.connects ?? []).filter(
    ({ to }) =>
      to.address === destination.address && to.port === destination.port && to.protocol === destination.protocol,
  );
  const outcome = (forwarded: boolean) =>
    tried.filter(({ from }) => 'portForward' in from === forwarded).map((connect) => connect.outcome);
  const direct = outcome(false);
  const refused = direct.includes('refused') && !direct.includes('connected');
  const throughForward = outcome(true);
  return {
    ...destination,
    sockets,
    refused,
    forwarded: throughForward.includes('connected')
      ? 'connected'
      : throughForward.includes('refused')
        ? 'refused'
        : undefined,
    acceptsOn: (probes.connects ?? [])
      .filter(
        ({ from, to, outcome }) =>
          'portForward' in from && outcome === 'connected' && to.address === destination.address,
      )
      .map(({ to }) => to.port)
      .filter((port) => port !== destination.port),
    reception: sockets
      ? overruled(
          receptionAt(sockets, destination.address, destination.port, destination.protocol),
          refused,
          sockets,
          destination,
        )
      : byConnecting(destination, refused, direct, throughForward),
  };
}

/** A socket on `::` that takes IPv6 only: the table cannot show it, a refused connection does. */
function overruled(
  reception: Reception,
  refused: boolean,
  sockets: readonly ListeningSocket[],
  { port, address }: Destination,
): Reception {
  const socket = sockets.find((candidate) => candidate.port === port && candidate.address === '::');
  return reception.state === 'open' &&
    refused &&
    socket &&
    !address.includes(':') &&
    !sockets.some((other) => other.port === port && other !== socket)
    ? { state: 'family', socket }
    : reception;
}

/** A port-forward dials loopback inside the Pod: accepted there and refused on the Pod's address means bound to loopback. */
function byConnecting(
  { port, protocol, pod }: Destination,
  refused: boolean,
  direct: readonly string[],
  forwarded: readonly string[],
): Reception | undefined {
  if (direct.includes('connected')) return { state: 'open' };
  if (refused && forwarded.includes('connected'))
    return { state: 'loopback', socket: { address: '127.0.0.1', port, protocol } };
  if (refused) return { state: 'closed' };
  if (forwarded.includes('refused')) return pod && isProbedOn(pod, port) ? { state: 'open' } : { state: 'closed' };
  return undefined;
}

/** The kubelet reaches this port on the Pod's address, as clients do: whatever loopback says, a process bound to the address alone listens there. */
export const isProbedOn = (pod: Pod, port: number): boolean =>
  isReady(pod) &&
  runningContainersOf(pod.spec).some((container) => {
    const { readinessProbe: probe } = container;
    return (
      probe !== undefined &&
      probe.httpGet?.host === undefined &&
      probe.tcpSocket?.host === undefined &&
      probePortOf(probe, container) === port
    );
  });

/**
 * What kubelet, which dials the Pod's own address, said when it was refused there, where that is its last word on a Pod that is still not ready. Source:
 * the words of Go's net package in its events, `dial tcp 10.244.0.7:8080: connect: connection refused`.
 */
export function refusalToKubelet(
  pod: Pod,
  address: string,
  port: number,
  events: readonly Event[],
): string | undefined {
  if (isReady(pod)) return undefined;
  const [last] = eventsAbout(pod, events).filter(({ reason }) => reason === 'Unhealthy');
  const at = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const said = last && textOf(last);
  return said?.includes(`dial tcp ${at}: connect: connection refused`) ? said : undefined;
}

function socketsOf(
  { metadata }: Pod,
  { listeners = [], execs = [] }: ListeningProbes,
): readonly ListeningSocket[] | undefined {
  const isMine = ({ pod }: { readonly pod: PodName }) =>
    pod.name === metadata.name && pod.namespace === metadata.namespace;
  const table = listeners.find(isMine);
  if (table) return table.sockets;
  const printed = execs
    .filter((exec) => isMine(exec) && exec.exitCode === 0)
    .map(({ command, output }) => socketsIn(command, output))
    .filter((sockets) => sockets !== undefined);
  return printed.length > 0 ? printed.flat() : undefined;
}
