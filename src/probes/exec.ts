import { destinationsOf, type Destination } from '../k8s/destinations.ts';
import { isExternalName } from '../k8s/endpoints.ts';
import { socketsInTables } from '../k8s/listening.ts';
import { fqdnOf, parseResolvConf, questionsFor, type Resolver } from '../k8s/names.ts';
import type { Pod, Service } from '../k8s/objects.ts';
import { isReady, isTerminating, runningContainersOf } from '../k8s/pods.ts';
import { addressesOf, findClusterDns } from '../snapshot/cluster-dns.ts';
import { clientResolver, namesUsed } from '../snapshot/asked-servers.ts';
import type { ClusterView } from '../snapshot/cluster-view.ts';
import { factSources, findClient, type ClientName, type TargetName } from '../snapshot/facts.ts';
import { domainOf } from '../snapshot/lookups.ts';
import type { Connect, Lookup, Observation, PodName, Socket } from '../snapshot/snapshot.ts';
import { asker, type Probed } from './asker.ts';
import { eachOf, within, type Bounds } from './bounds.ts';
import { couriers, itsNameserver, resultsIn, shellProgram, type Errand, type ErrandResult } from './errands.ts';
import { askedPod, isSettled, maxEndpoints, sampled, type AskedPod } from './plan.ts';
import { ProbeFailed, type CommandEnd, type ProbeTransport } from './transport.ts';

/** A Pod in whose containers, in this order, something may be run. */
export interface PodToEnter extends AskedPod {
  readonly containers: readonly string[];
}

/** The client, and what it would reach: the names it uses for the Services, the addresses behind them. */
export interface ClientToEnter extends PodToEnter {
  /** As the client writes them: `db`, `db.demo`. */
  readonly hosts: readonly string[];
  /** Names in full that every client of the cluster can ask for. */
  readonly names: readonly string[];
  readonly sockets: readonly Socket[];
  /** As kubelet would write it, where nobody can read what it is. */
  readonly expected: Pick<Resolver, 'searches' | 'ndots'>;
}

export interface ExecPlan {
  readonly endpoints: readonly PodToEnter[];
  readonly client?: ClientToEnter;
  readonly notes: readonly string[];
}

const maxDials = 12;
const maxQuestions = 8;

/** Decides what is worth running: the table of sockets in each endpoint, and in the client what its application would do. Pure. */
export function planExec(view: ClusterView, targets: readonly TargetName[], client: ClientName | undefined): ExecPlan {
  const notes: string[] = [];
  const services = targets.flatMap((target) => {
    const service = view.object<Service>('services', target.namespace, target.name);
    return service ? [service] : [];
  });
  const destinations = services.map((service) => {
    const { namespace = '', name } = service.metadata;
    const slices = factSources.slices.from(view, { target: { namespace, name } });
    return destinationsOf(service, slices, view.objects<Pod>('pods', namespace));
  });
  const pods = destinations.map((each) => [
    ...new Set(each.flatMap(({ pod }) => (pod && isEnterable(pod) && isSettled(pod, view.now) ? [pod] : []))),
  ]);
  const { chosen, left } = sampled(pods, maxEndpoints);
  if (left > 0) notes.push(`the sockets of ${chosen.length} endpoints are read, those of ${left} are not`);
  const entered = client && clientToEnter(view, services, destinations, client, notes);
  return {
    endpoints: [...new Map(chosen.map((pod) => [JSON.stringify(podToEnter(pod).pod), podToEnter(pod)])).values()],
    ...(entered ? { client: entered } : {}),
    notes,
  };
}

const isEnterable = (pod: Pod): boolean => !isTerminating(pod) && runningIn(pod).length > 0;

const runningIn = ({ spec, status }: Pod): readonly string[] =>
  runningContainersOf(spec)
    .map(({ name }) => name)
    .filter((name) =>
      [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].some(
        (each) => each.name === name && each.state?.running !== undefined,
      ),
    );

const podToEnter = (pod: Pod): PodToEnter => ({ ...askedPod(pod), containers: runningIn(pod) });

function clientToEnter(
  view: ClusterView,
  services: readonly Service[],
  destinations: readonly (readonly Destination[])[],
  name: ClientName,
  notes: string[],
): ClientToEnter | undefined {
  const client = findClient(view, name);
  const pods = (client?.pods ?? []).filter(isEnterable);
  const pod = pods.find(isReady) ?? pods[0];
  if (!client || !pod) {
    notes.push(`no Pod of the client ${name.namespace}/${name.name} runs: nothing can be tried from there`);
    return undefined;
  }
  const dns = findClusterDns(view);
  const domain = domainOf(dns, view.observations('ResolvConf'));
  const configMaps = view.objects('configmaps', client.namespace) as Parameters<typeof namesUsed>[1];
  const virtual = services.flatMap((service) =>
    isExternalName(service)
      ? []
      : addressesOf(service).flatMap((address) =>
          (service.spec.ports ?? []).map(({ port, protocol = 'TCP' }): Socket => ({ address, port, protocol })),
        ),
  );
  const offered = virtual.filter(({ protocol }) => protocol === 'TCP').slice(0, maxDials / 2);
  return {
    ...podToEnter(pod),
    expected: clientResolver(client, dns, view.observations('ResolvConf')),
    hosts: [
      ...new Set(services.flatMap((service) => namesUsed(client, configMaps, service, domain).map(({ host }) => host))),
    ],
    names: [`kubernetes.default.svc.${domain}`, ...services.map(({ metadata }) => fqdnOf(metadata, domain))],
    sockets: [...offered, ...nearAndFar(destinations.flat(), pod, maxDials - offered.length, notes)],
  };
}

/** Endpoints on the client's own node and on others in turn, since what lies between nodes fails by itself; what is left out is owned up to. */
function nearAndFar(
  destinations: readonly Destination[],
  client: Pod,
  most: number,
  notes: string[],
): readonly Socket[] {
  const direct = destinations.filter(({ protocol }) => protocol === 'TCP');
  const isNear = ({ pod }: Destination) =>
    pod?.spec.nodeName !== undefined && pod.spec.nodeName === client.spec.nodeName;
  const { chosen, left } = sampled([direct.filter(isNear), direct.filter((each) => !isNear(each))], most);
  const near = chosen.filter(isNear).length;
  if (left > 0)
    notes.push(
      `the client tries ${chosen.length} of ${direct.length} endpoints: ${near} on its own node, ${chosen.length - near} on others`,
    );
  return chosen.map(({ address, port, protocol }) => ({ address, port, protocol }));
}

/** What a client would ask its own nameserver, given its resolv.conf: each name in full, and each host it uses with the suffixes it tries first. */
export function errandsOf(
  { hosts, names, sockets }: ClientToEnter,
  resolver: ReturnType<typeof parseResolvConf> | undefined,
): readonly Errand[] {
  const [address] = resolver?.nameservers ?? [];
  const searched = hosts.flatMap((host) => {
    const questions = resolver ? questionsFor(host, resolver) : [];
    const end = questions.findIndex((question) => names.includes(question));
    return end < 0 ? [] : questions.slice(0, end + 1);
  });
  const asked = [...new Set([...names, ...searched])].slice(0, maxQuestions);
  const ask = (transport: 'udp' | 'tcp', name: string, type: 'A' | 'AAAA') =>
    address === undefined || !isAddress(address)
      ? []
      : [{ kind: 'ask' as const, transport, address, port: 53, question: { name, type } }];
  return [
    ...asked.flatMap((name) => ask('udp', name, 'A')),
    ...names.slice(0, 2).flatMap((name) => ask('tcp', name, 'A')),
    ...sockets
      .filter((socket) => isAddress(socket.address))
      .map(({ address, port }) => ({ kind: 'dial' as const, address, port })),
  ];
}

const isAddress = (text: string): boolean =>
  text === itsNameserver || (/^[0-9A-Fa-f:.]+$/.test(text) && /[:.]/.test(text));

/** What the results of errands are to the snapshot. What a program could not tell is no observation. */
export const observationsOf = (
  pod: PodName,
  errands: readonly Errand[],
  results: readonly ErrandResult[],
): readonly (Connect | Lookup)[] =>
  errands.flatMap((errand, index): readonly (Connect | Lookup)[] => {
    const result = results[index];
    if (!result || result.outcome === 'unknown') return [];
    if (errand.kind === 'dial')
      return result.outcome === 'answered'
        ? []
        : [
            {
              kind: 'Connect',
              from: { pod },
              to: { address: errand.address, port: errand.port, protocol: 'TCP' },
              outcome: result.outcome,
            },
          ];
    const lookup = {
      kind: 'Lookup',
      from: { pod },
      server: { resolverOf: pod },
      transport: errand.transport,
      ...errand.question,
    } as const;
    if (result.outcome === 'answered') return [{ ...lookup, ...result.answer }];
    return result.outcome === 'timeout' || result.outcome === 'refused' ? [{ ...lookup, outcome: 'timeout' }] : [];
  });

/** Reads and tries what was planned. `needsDebug`: the client's image has nothing to try with. */
export async function runExecPlan(
  transport: ProbeTransport,
  plan: ExecPlan,
  bounds: Bounds,
  signal: AbortSignal,
): Promise<Probed & { readonly needsDebug: boolean }> {
  const ask = asker('exec', bounds, signal);
  let needsDebug = false;
  const inClient = async (client: ClientToEnter, until: AbortSignal) => {
    const { observations, tried } = await askFromWithin(transport, client, bounds, until);
    needsDebug = !tried;
    return observations;
  };
  const { client } = plan;
  const [ofClient, ...ofEndpoints] = await eachOf(
    [
      ...(client ? [() => ask(client, (until) => inClient(client, until))] : [async () => nothing]),
      ...plan.endpoints.map((pod) => () => ask(pod, (until) => socketsOf(transport, pod, bounds, until))),
    ],
    (each) => each(),
  );
  const all = [...ofEndpoints, ...(ofClient ? [ofClient] : [])];
  return {
    observations: all.flatMap(({ observations }) => observations),
    notes: [...new Set([...plan.notes, ...all.flatMap(({ notes }) => notes)])],
    needsDebug,
  };
}

const nothing: Probed = { observations: [], notes: [] };

const tables = ['/proc/net/tcp', '/proc/net/tcp6', '/proc/net/udp', '/proc/net/udp6'];

/** The listening sockets of a Pod: its containers share them, so any that can print a file will do. */
async function socketsOf(
  transport: ProbeTransport,
  pod: PodToEnter,
  bounds: Bounds,
  signal: AbortSignal,
): Promise<readonly Observation[]> {
  const isTable = (printed: string) => /sl\s+local_address/.test(printed);
  const text = await fileFrom(transport, pod, tables, isTable, bounds, signal).catch((error: unknown) => {
    if (!(error instanceof ProbeFailed) || error.reason !== 'no-program') throw error;
    throw new ProbeFailed(
      'no-program',
      `${error.message}, so its sockets stay unread: with --from, a connection from the client tells whether it listens`,
    );
  });
  return [{ kind: 'Listeners', pod: pod.pod, sockets: distinct(socketsInTables(text)) }];
}

const distinct = (sockets: readonly Socket[]): readonly Socket[] => [
  ...new Map(sockets.map((socket) => [JSON.stringify(socket), socket])).values(),
];

/** The content of files, by the first container and program that can print them. */
async function fileFrom(
  transport: ProbeTransport,
  { pod, containers }: PodToEnter,
  paths: readonly string[],
  isIt: (printed: string) => boolean,
  bounds: Bounds,
  signal: AbortSignal,
): Promise<string> {
  const programs: readonly (readonly string[])[] = [
    ['cat', ...paths],
    ['node', '-e', nodeReads, ...paths],
    ['python3', '-c', pythonReads, ...paths],
  ];
  for (const command of programs)
    for (const container of containers) {
      const end = await tried(transport, { ...pod, container }, command, bounds.probe, signal);
      if (end && isIt(end.stdout)) return end.stdout;
    }
  throw new ProbeFailed('no-program', 'nothing in its images prints a file');
}

const nodeReads =
  "for (const path of process.argv.slice(1)) try { process.stdout.write(require('fs').readFileSync(path, 'utf8')) } catch {}";
const pythonReads = `import sys
for path in sys.argv[1:]:
    try: sys.stdout.write(open(path).read())
    except OSError: pass`;

/** How a command ended; undefined where the image does not have it. */
async function tried(
  transport: ProbeTransport,
  container: PodName & { readonly container: string },
  command: readonly string[],
  milliseconds: number,
  signal: AbortSignal,
): Promise<CommandEnd | undefined> {
  try {
    const end = await within(milliseconds, (until) => transport.exec(container, command, until), signal);
    return end.exitCode === 126 || end.exitCode === 127 ? undefined : end;
  } catch (error) {
    if (error instanceof ProbeFailed && error.reason === 'no-program') return undefined;
    throw error;
  }
}

/** The client's resolv.conf, then what its application would do: resolve the names, reach the addresses. */
async function askFromWithin(
  transport: ProbeTransport,
  client: ClientToEnter,
  bounds: Bounds,
  signal: AbortSignal,
): Promise<{ readonly observations: readonly Observation[]; readonly tried: boolean }> {
  const { pod, containers } = client;
  const text = await fileFrom(transport, client, ['/etc/resolv.conf'], () => true, bounds, signal).catch(
    (error: unknown) => {
      if (error instanceof ProbeFailed && error.reason === 'no-program') return undefined;
      throw error;
    },
  );
  const read: readonly Observation[] = text === undefined ? [] : [{ kind: 'ResolvConf', pod, text }];
  const errands = errandsOf(client, text === undefined ? undefined : parseResolvConf(text));
  if (errands.length === 0) return { observations: read, tried: true };
  // Starting the program takes a moment beside the errands' own time.
  const patience = bounds.probe + 1_500;
  for (const courier of couriers)
    for (const container of containers) {
      const command = courier.command(errands, Math.max(1, Math.round(bounds.probe / 1000)));
      const end = await tried(transport, { ...pod, container }, command, patience, signal);
      const results = end && resultsIn(end.stdout, errands);
      if (results?.some(({ outcome }) => outcome !== 'unknown'))
        return { observations: [...read, ...observationsOf(pod, errands, results)], tried: true };
    }
  return { observations: read, tried: false };
}

/** The same from a container of our own in the client's Pod: its network and its resolv.conf are the client's. It ends by itself. */
export async function runDebugPlan(
  transport: ProbeTransport,
  client: ClientToEnter,
  { image, name }: { readonly image: string; readonly name: string },
  bounds: Bounds,
  signal: AbortSignal,
): Promise<Probed> {
  const { pod, expected } = client;
  const errands = errandsOf(client, { ...expected, nameservers: [itsNameserver] });
  const seconds = Math.max(1, Math.round(bounds.probe / 1000));
  const program = `sed 's/^/= /' /etc/resolv.conf\n${shellProgram(errands, seconds)}`;
  const ask = asker('debug', bounds, signal);
  return ask(client, async (until) => {
    const printed = await transport.debug({ ...pod, container: name }, image, ['sh', '-c', program], until);
    const lines = [...printed.matchAll(/^= (.*)$/gm)].map(([, line]) => line ?? '');
    const results = resultsIn(printed, errands);
    if (!results) throw new ProbeFailed('no-program', `${image} has neither nc nor bash`);
    return [
      ...(lines.length > 0 ? [{ kind: 'ResolvConf' as const, pod, text: `${lines.join('\n')}\n` }] : []),
      ...observationsOf(pod, errands, results),
    ];
  });
}
