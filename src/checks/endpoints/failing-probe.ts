import type { Container, IntOrString, Pod, Probe, Workload } from '../../k8s/objects.ts';
import {
  failureOf,
  formatProbe,
  isTlsPort,
  mayBePlainOnTls,
  plainHttpLineIn,
  probePortOf,
  refusedHostLineIn,
  reportsTheApp,
  wordsOf,
  type ProbeFailure,
} from '../../k8s/probes.ts';
import { podIPsOf } from '../../k8s/pods.ts';
import type { Connect, GrpcHealth, HttpGet, Listeners, Log, Socket } from '../../snapshot/snapshot.ts';
import { evidence, type Evidence, type Fix } from '../define.ts';
import { brief } from './pods-in-trouble.ts';

type ProbeField = 'readinessProbe' | 'startupProbe' | 'livenessProbe';

interface ProbeCase {
  readonly pod: Pod;
  readonly container: string;
  readonly field: ProbeField;
  /** Kubelet's message; empty where no event was seen. */
  readonly message: string;
  readonly owner: Workload | undefined;
  readonly slashed: string;
  /** For a probe that kills: how many seconds the container has. */
  readonly patience?: number;
  readonly logs?: readonly Log[] | undefined;
  readonly httpGets?: readonly HttpGet[] | undefined;
  readonly grpcHealths?: readonly GrpcHealth[] | undefined;
  readonly listeners?: readonly Listeners[] | undefined;
  readonly connects?: readonly Connect[] | undefined;
  readonly now?: number | undefined;
}

/** What is wrong with a probe, in words, with what was seen and what mends it. */
export interface ProbeDiagnosis {
  /** `GET /ready on port 8080 gets 404; /health answers 200`. */
  readonly words: string;
  readonly evidence: readonly Evidence[];
  readonly fix: Fix;
  /** Somebody asked just now, and the probe would succeed. */
  readonly answersNow: boolean;
  /** Kubelet is refused on the Pod's address, a port-forward is taken on its loopback: only its sockets would prove what that means. */
  readonly onLoopback: boolean;
  /** Kubelet, a socket table or an answer of the app shows why; else it is only known to fail. */
  readonly proven: boolean;
  /** The app is likely not up yet when the probe gives up, and the fix gives it more time. */
  readonly slow: boolean;
  /** The probe does its work: it asks the right place, and hears that the app is not ready. */
  readonly asksRightly: boolean;
}

const isLoopback = ({ address }: Socket): boolean => address.startsWith('127.') || address === '::1';

/** Reads a failing probe against everything known about the Pod. */
export function diagnoseProbe(its: ProbeCase): ProbeDiagnosis {
  const container = containerNamed(its.pod, its.container);
  const probe = container?.[its.field];
  const port = probe && container && probePortOf(probe, container);
  const failure = failureOf(its.message, probe);
  const gets = (its.httpGets ?? []).filter(({ pod }) => isSame(pod, its.pod));
  const sockets = its.listeners
    ?.find(({ pod }) => isSame(pod, its.pod))
    ?.sockets.filter(({ protocol }) => protocol === 'TCP');
  const scheme = probe?.httpGet?.scheme ?? 'HTTP';
  const observed = gets.find(
    (get) => get.port === port && get.path === (probe?.httpGet?.path ?? '/') && (get.scheme ?? 'HTTP') === scheme,
  );
  const health = (its.grpcHealths ?? []).find((each) => isAskedBy(probe, each) && isSame(each.pod, its.pod));
  const answer: ProbeFailure =
    failure.kind === 'unsaid' && observed && observed.status >= 400
      ? { kind: 'status', code: observed.status }
      : failure.kind === 'unsaid' && health && health.status !== 'SERVING'
        ? failureBy(health)
        : failure.kind === 'unsaid' && port !== undefined && sockets && !sockets.some((socket) => socket.port === port)
          ? { kind: 'refused' }
          : failure.kind === 'unsaid' && unknownPort(probe, port)
            ? { kind: 'unknown port' }
            : failure;
  const refusedHost =
    answer.kind === 'status' && answer.code === 400 && probe?.httpGet ? lineIn(its, refusedHostLineIn) : undefined;
  const tls = refusedHost || !probe || !container ? undefined : plainOnTls(its, probe, container, answer);
  const seen: ProbeFailure = tls ? { kind: 'expects TLS' } : answer;
  const better = betterProbe({ probe, container, port, failure: seen, gets, sockets });
  const name = probe ? formatProbe(probe) : 'as it was when the event was written';
  const taken = seen.kind === 'refused' && !sockets && port !== undefined && isTakenByForward(its, port, gets, health);
  // Who has just come up is refused a moment ago and taken now.
  const onLoopback = taken && hasRunFor(its, 20_000);
  const looped =
    onLoopback ||
    (port !== undefined &&
      sockets?.some((socket) => socket.port === port) &&
      sockets.filter((socket) => socket.port === port).every(isLoopback));
  const answersNow =
    looped !== true &&
    (observed
      ? observed.status < 400 && (seen.kind === 'status' || seen.kind === 'refused' || seen.kind === 'unsaid')
      : health?.status === 'SERVING' || (taken && probe?.tcpSocket !== undefined));
  const slow = isSlowStart(its, container, port, seen) && !better && looped !== true;
  const code = answer.kind === 'status' && seen.kind === 'expects TLS' ? `gets ${answer.code}: it ` : '';
  return {
    words: `${name} ${code}${slow && seen.kind === 'refused' ? 'is refused (connection refused): the app does not listen yet when kubelet gives up' : refusedHost ? `gets 400, since the app refuses the Host header, which is the Pod’s IP: ${brief(refusedHost, 110)}` : wordsFor(seen, its.message, probe, looped === true, onLoopback)}${better ? `; ${better.words}` : ''}`,
    evidence: [
      evidence(its.pod, `spec.containers[${its.container}].${its.field}`, probe ? { ...probe } : 'absent'),
      ...(its.message ? [evidence(its.pod, 'events[Unhealthy]', brief(its.message, 300))] : []),
      ...(tls ? [evidence(its.pod, tls.where, tls.saw)] : []),
      ...(refusedHost ? [evidence(its.pod, `log of ${its.container}`, brief(refusedHost, 300))] : []),
      ...(container?.ports ?? [])
        .slice(0, 4)
        .map(({ name: portName, containerPort }) =>
          evidence(
            its.pod,
            `spec.containers[${its.container}].ports`,
            `${portName ? `${portName}: ` : ''}${containerPort}`,
          ),
        ),
      ...(onLoopback ? [evidence(its.pod, `port-forward to ${port}`, 'taken')] : []),
      ...gets
        .slice(0, 4)
        .map((get) => evidence(its.pod, `GET ${get.path} on port ${get.port}`, `status ${get.status}`)),
      ...(health ? [evidence(its.pod, `gRPC health on port ${health.port}`, health.status)] : []),
      ...(sockets
        ? [
            evidence(
              its.pod,
              'listening sockets',
              sockets.map((socket) => `${socket.address}:${socket.port}`).join(', ') || 'none',
            ),
          ]
        : []),
    ],
    fix:
      refusedHost && !better
        ? {
            explain: `Give the ${its.field} of container ${its.container} in ${its.slashed} a Host that the app knows: httpGet.httpHeaders with name Host; or allow the Pod’s IP in the app’s own setting (ALLOWED_HOSTS and the like).`,
          }
        : fixFor({ ...its, container, probe, failure: seen, better, looped: looped === true, slow }),
    answersNow,
    slow,
    onLoopback,
    proven: seen.kind !== 'unsaid' && tls?.sure !== false && !onLoopback,
    asksRightly: reportsTheApp(seen, its.message),
  };
}

/** A port-forward dials the Pod's loopback. An answer of any kind shows that it was taken there. */
const isTakenByForward = (
  { pod, connects = [] }: ProbeCase,
  port: number,
  gets: readonly HttpGet[],
  health: GrpcHealth | undefined,
): boolean =>
  health !== undefined ||
  gets.some((get) => get.port === port) ||
  connects.some(
    ({ from, to, outcome }) =>
      'portForward' in from && outcome === 'connected' && to.port === port && podIPsOf(pod).includes(to.address),
  );

const isAskedBy = (probe: Probe | undefined, { port, service = '' }: GrpcHealth): boolean =>
  probe?.grpc !== undefined && probe.grpc.port === port && (probe.grpc.service ?? '') === service;

const failureBy = ({ status }: GrpcHealth): ProbeFailure => ({
  kind:
    status === 'UNIMPLEMENTED'
      ? 'no health service'
      : status === 'NOT_FOUND' || status === 'SERVICE_UNKNOWN'
        ? 'unknown service'
        : 'not serving',
});

/** Whether its container runs for so many milliseconds; false where nobody knows. */
function hasRunFor({ pod, container, now }: ProbeCase, milliseconds: number): boolean {
  const since = pod.status?.containerStatuses?.find(({ name }) => name === container)?.state?.running?.startedAt;
  return now !== undefined && since !== undefined && now - Date.parse(since) > milliseconds;
}

/** What shows that a plain HTTP probe meets TLS: the app's own log proves it, the name of the port makes it likely. */
function plainOnTls(its: ProbeCase, probe: Probe, container: Container, failure: ProbeFailure) {
  if (!mayBePlainOnTls(failure, its.message, probe)) return undefined;
  const line = lineIn(its, plainHttpLineIn);
  if (line !== undefined) return { sure: true, where: `log of ${container.name}`, saw: brief(line, 300) };
  if (failure.kind === 'unsaid' || !isTlsPort(probe, container)) return undefined;
  const path = `spec.containers[${container.name}].${its.field}.httpGet.scheme`;
  return { sure: false, where: path, saw: `${probe.httpGet?.scheme ?? 'absent: HTTP'}, on a port for HTTPS` };
}

/** The first line that is looked for in the container's own log. */
const lineIn = (its: ProbeCase, find: (log: string) => string | undefined): string | undefined =>
  (its.logs ?? [])
    .filter(({ pod, container: of }) => isSame(pod, its.pod) && (of ?? its.container) === its.container)
    .flatMap(({ text }) => find(text) ?? [])[0];

/** Nobody answers yet on a port that is the container's own, when a probe that kills gives up. */
function isSlowStart(its: ProbeCase, container: Container | undefined, port: number | undefined, seen: ProbeFailure) {
  if (its.patience === undefined || !container) return false;
  if (its.field === 'livenessProbe' && container.startupProbe) return false;
  const own =
    (container.ports ?? []).some(({ containerPort }) => containerPort === port) ||
    (container.readinessProbe !== undefined && probePortOf(container.readinessProbe, container) === port);
  return port !== undefined && own && (seen.kind === 'refused' || (seen.kind === 'status' && seen.code >= 500));
}

const isSame = (name: { readonly namespace: string; readonly name: string }, pod: Pod): boolean =>
  name.name === pod.metadata.name && name.namespace === pod.metadata.namespace;

const containerNamed = (pod: Pod, name: string): Container | undefined =>
  [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((container) => container.name === name);

const unknownPort = (probe: Probe | undefined, port: number | undefined): boolean =>
  typeof (probe?.httpGet?.port ?? probe?.tcpSocket?.port) === 'string' && port === undefined;

function wordsFor(
  failure: ProbeFailure,
  message: string,
  probe: Probe | undefined,
  loopedBack: boolean,
  guessed: boolean,
): string {
  switch (failure.kind) {
    case 'status':
      if (failure.code === 404) return 'gets 404: the app has no such path';
      if (failure.code === 401 || failure.code === 403)
        return `gets ${failure.code} ${failure.code === 401 ? 'Unauthorized' : 'Forbidden'}: the path wants authentication (a login, credentials), and kubelet sends none`;
      if (failure.code === 400 && probe?.httpGet?.scheme !== 'HTTPS')
        return 'gets 400: a port that speaks TLS (HTTPS) answers so to plain HTTP, and an app does to a Host it does not know';
      if (failure.code >= 500) return `gets ${failure.code}: the app itself says that it cannot serve yet`;
      return `gets ${failure.code}`;
    case 'refused':
      if (guessed)
        return 'is refused, while a port-forward, which dials 127.0.0.1, is taken: the app listens there on loopback only';
      return loopedBack
        ? 'is refused: the app listens there on loopback only'
        : 'is refused (connection refused): nobody listens there on the Pod’s address';
    case 'timeout':
      return `gets no answer within timeoutSeconds ${probe?.timeoutSeconds ?? 1}`;
    case 'expects TLS':
      return 'speaks plain HTTP to a port that speaks TLS (HTTPS)';
    case 'expects plain HTTP':
      return 'speaks HTTPS to a port that speaks plain HTTP';
    case 'unreachable':
      return `does not get through: ${brief(wordsOf(message), 90)}`;
    case 'not serving':
      return 'is answered with NOT_SERVING';
    case 'no health service':
      return 'meets a server without the gRPC health service (grpc.health.v1.Health)';
    case 'unknown service':
      return `asks for the service ${probe?.grpc?.service ?? ''}, which the server does not know`;
    case 'unknown port':
      return `names port ${probe?.httpGet?.port ?? probe?.tcpSocket?.port}, which the container does not declare`;
    case 'command':
      return `fails${wordsOf(message) ? `: ${brief(wordsOf(message), 100)}` : ''}`;
    case 'unsaid':
      return `does not succeed${wordsOf(message) ? `: ${brief(wordsOf(message), 100)}` : '; no event tells why'}`;
  }
}

interface Better {
  readonly words: string;
  /** What to write into the probe instead. */
  readonly change: { readonly path?: string; readonly port?: IntOrString; readonly scheme?: 'HTTP' | 'HTTPS' };
}

interface Known {
  readonly probe: Probe | undefined;
  readonly container: Container | undefined;
  readonly port: number | undefined;
  readonly failure: ProbeFailure;
  readonly gets: readonly HttpGet[];
  readonly sockets: readonly Socket[] | undefined;
}

/** A probe that would work, where something was seen that says which. */
function betterProbe({ probe, container, port, failure, gets, sockets }: Known): Better | undefined {
  if (failure.kind === 'expects TLS') return { words: 'scheme HTTPS fits', change: { scheme: 'HTTPS' } };
  if (failure.kind === 'expects plain HTTP') return { words: 'scheme HTTP fits', change: { scheme: 'HTTP' } };
  const good = gets.find((get) => get.status < 400);
  if (probe?.httpGet && good && failure.kind === 'status')
    return {
      words: `${good.path}${good.port === port ? '' : ` on port ${good.port}`} answers ${good.status}`,
      change: { path: good.path, ...(good.port === port ? {} : { port: good.port }) },
    };
  if (failure.kind !== 'refused' && failure.kind !== 'unknown port') return undefined;
  const open = sockets && [...new Set(sockets.filter((socket) => !isLoopback(socket)).map((socket) => socket.port))];
  const declared = (container?.ports ?? [])
    .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
    .map(({ containerPort }) => containerPort);
  const [only, ...others] = open ?? declared.filter((number) => number !== port);
  if (only === undefined || others.length > 0 || (!open && port !== undefined && declared.includes(port)))
    return undefined;
  return { words: open ? `the app listens on ${only}` : `the container declares ${only}`, change: { port: only } };
}

interface ToFix extends Omit<ProbeCase, 'container'>, Omit<Known, 'port' | 'gets' | 'sockets'> {
  readonly better: Better | undefined;
  readonly looped: boolean;
  readonly slow: boolean;
}

function fixFor(its: ToFix): Fix {
  const { owner, slashed, container, field, probe, failure, better, looped } = its;
  const where = `${field} of container ${container?.name ?? ''} in ${slashed}`;
  if (looped)
    return {
      explain: `Let the app listen on 0.0.0.0 (or ::) instead of 127.0.0.1: kubelet dials the Pod’s IP, as clients do.`,
    };
  const patchable = owner && owner.kind !== 'Rollout' && owner.kind !== 'CronJob' && container && probe;
  if (its.slow && container && probe) return moreTime(its, container, probe, patchable ? owner : undefined);
  const action = probe?.httpGet ? 'httpGet' : probe?.tcpSocket ? 'tcpSocket' : probe?.grpc ? 'grpc' : undefined;
  if (better && patchable && action)
    return {
      explain: `Correct ${where}: ${better.words}.`,
      patch: {
        object: owner,
        type: 'strategic',
        body: {
          spec: {
            template: { spec: { containers: [{ name: container.name, [field]: { [action]: better.change } }] } },
          },
        },
      },
    };
  return { explain: `${remedies[failure.kind](probe, failure)} It is ${where}.` };
}

/** Longer than most starts take; the person knows better. */
const manyFailures = 30;

/** A slow start: a startupProbe holds the liveness probe back; one that is there already gets more tries. */
function moreTime(
  { field, slashed, patience = 0 }: ToFix,
  container: Container,
  probe: Probe,
  owner: Workload | undefined,
): Fix {
  const { failureThreshold = 3, periodSeconds = 10 } = probe;
  const { httpGet, tcpSocket, grpc, exec } = probe;
  const startupProbe =
    field === 'startupProbe'
      ? { failureThreshold: Math.max(manyFailures, 3 * failureThreshold) }
      : {
          ...(httpGet ? { httpGet } : tcpSocket ? { tcpSocket } : grpc ? { grpc } : { exec }),
          failureThreshold: manyFailures,
          periodSeconds: 10,
        };
  const spec = { template: { spec: { containers: [{ name: container.name, startupProbe }] } } };
  return {
    explain: `Give container ${container.name} in ${slashed} the time it needs to start; it has about ${patience} s. ${
      field === 'startupProbe'
        ? `Raise failureThreshold × periodSeconds of its startupProbe (now ${failureThreshold} × ${periodSeconds}).`
        : 'Add a startupProbe, which holds the liveness probe back for failureThreshold × periodSeconds.'
    } If its log shows that it never gets to listen, mend that instead; if it listens on another port, correct the port.`,
    ...(owner ? { patch: { object: owner, type: 'strategic' as const, body: { spec } } } : {}),
  };
}

const remedies: Readonly<Record<ProbeFailure['kind'], (probe: Probe | undefined, failure: ProbeFailure) => string>> = {
  status: (probe, failure) =>
    failure.kind === 'status' && failure.code === 400 && probe?.httpGet?.scheme !== 'HTTPS'
      ? 'If the port speaks TLS, set scheme: HTTPS on the probe: a Go server, for one, answers 400 to plain HTTP and writes so into its log. If not, the app refuses the Host header, which is the Pod’s IP (ALLOWED_HOSTS and the like): set one in httpHeaders, or allow the address.'
      : 'Point the probe at a path that answers 200 to 399 without a login, or mend what the app reports on this one; try paths through kubectl port-forward.',
  refused: () => 'Point the probe at the port on which the app listens, or let the app listen there on all addresses.',
  timeout: (probe) => `Raise timeoutSeconds (now ${probe?.timeoutSeconds ?? 1}), or make the check cheaper.`,
  'expects TLS': () => 'Set scheme: HTTPS on the probe.',
  'expects plain HTTP': () => 'Set scheme: HTTP on the probe.',
  unreachable: () => 'Open the way from the node to its own Pods.',
  'not serving': () => 'Mend what keeps the server from SERVING, or ask for the right service name.',
  'no health service': () => 'Implement grpc.health.v1.Health in the server, or use tcpSocket.',
  'unknown service': () =>
    'Ask for a service that the server registers with its health service, or leave `service` out.',
  'unknown port': () => 'Use the number of the port, or a name that this container declares.',
  command: () => 'Run the command in the container by hand, and mend it or what it reports.',
  unsaid: () => 'Ask the app as the probe does, and mend the probe or what it finds.',
};
