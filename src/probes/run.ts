import type { Connect, HttpGet, Lookup, Observation } from '../snapshot/snapshot.ts';
import { asker, type Probed } from './asker.ts';
import { eachOf, within, type Bounds } from './bounds.ts';
import { encodeQuestion, idOf, looseEnd, messageReader, readAnswer, type DnsQuestion } from './dns.ts';
import { encodeHealthQuestion, healthIn, healthPath, type HealthQuestion } from './grpc.ts';
import { encodeGet, statusIn, type HttpQuestion } from './http.ts';
import type { DnsServerToAsk, EndpointToDial, ForwardPlan, ProbeToRepeat } from './plan.ts';
import { ConnectionRefused, ProbeFailed, type ForwardedPort, type ProbeTransport } from './transport.ts';

/** Asks what was planned, in order of cost, and keeps to the bounds. Throws only where the person interrupts. */
export async function runForwardPlan(
  transport: ProbeTransport,
  plan: ForwardPlan,
  bounds: Bounds,
  signal: AbortSignal,
): Promise<Probed> {
  const ask = asker('port-forward', bounds, signal);
  const work: readonly (() => Promise<Probed>)[] = [
    ...plan.dns.map((server) => () => ask(server, (until) => askServer(transport, server, bounds, until))),
    ...plan.endpoints.map((endpoint) => () => ask(endpoint, (until) => dial(transport, endpoint, until))),
    ...plan.readiness.map((probe) => () => ask(probe, (until) => repeat(transport, probe, until))),
  ];
  const first = await eachOf(work, (each) => each());
  const dialled = first.slice(plan.dns.length, plan.dns.length + plan.endpoints.length);
  const refusing = plan.endpoints.filter((_, index) =>
    dialled[index]?.observations.some((seen) => seen.kind === 'Connect' && seen.outcome === 'refused'),
  );
  // Where one of several alike listens instead, the others do too.
  const second = await eachOf(refusing.slice(0, maxSearched), (endpoint) =>
    ask(endpoint, (until) => search(transport, endpoint, until)),
  );
  const all = [...first, ...second];
  return {
    observations: withoutRepetition(all.flatMap(({ observations }) => observations)),
    notes: [...new Set([...plan.notes, ...all.flatMap(({ notes }) => notes)])],
  };
}

const maxSearched = 2;

const forwarded = { portForward: true } as const;

const maxAliases = 4;

/** All questions over one connection; what a server leaves unanswered while it answers others is a timeout of its own. */
async function askServer(
  transport: ProbeTransport,
  server: DnsServerToAsk,
  bounds: Bounds,
  signal: AbortSignal,
): Promise<readonly Observation[]> {
  const opened = await within(bounds.probe, (until) => transport.forward(server.pod, [server.port], until), signal);
  using forward = opened;
  const [port] = forward.ports;
  if (!port) return [];
  const asked = new Map<number, { readonly question: DnsQuestion; readonly at: number }>();
  const seen: Lookup[] = [];
  let ids = 0;
  const send = (question: DnsQuestion) => {
    ids += 1;
    const id = ids;
    asked.set(id, { question, at: performance.now() });
    port.send(encodeQuestion(id, question));
  };
  const lookup = (question: DnsQuestion, rest: Pick<Lookup, 'outcome' | 'answers' | 'milliseconds'>): Lookup => ({
    kind: 'Lookup',
    from: forwarded,
    server: { pod: server.pod },
    transport: 'tcp',
    ...question,
    ...rest,
  });
  for (const question of server.questions) send(question);
  const patience = { over: performance.now() + bounds.probe };
  let aliases = 0;
  let strange: string | undefined;
  try {
    const read = messageReader();
    const pieces = port.received[Symbol.asyncIterator]();
    while (asked.size > 0) {
      const left = patience.over - performance.now();
      const piece = await within(Math.max(1, left), () => pieces.next(), signal);
      if (piece.done) break;
      for (const message of read(piece.value)) {
        const id = idOf(message);
        const waiting = id === undefined ? undefined : asked.get(id);
        if (id === undefined || !waiting) continue;
        asked.delete(id);
        const { question, at } = waiting;
        const answer = readAnswer(message, question);
        if (typeof answer === 'string') {
          strange ??= answer;
          continue;
        }
        seen.push(lookup(question, { ...answer, milliseconds: Math.round(performance.now() - at) }));
        const further = looseEnd(answer);
        if (further === undefined || aliases >= maxAliases) continue;
        aliases += 1;
        patience.over = performance.now() + bounds.probe;
        send({ ...question, name: further });
      }
    }
  } catch (error) {
    if (error instanceof ConnectionRefused)
      return [connect({ address: server.address, port: server.port, protocol: 'TCP' }, 'refused')];
    const silent = error instanceof ProbeFailed && error.reason === 'timeout';
    if (!silent || signal.aborted) throw error;
    // Silence counts only where the way to the Pod is known to be open.
    if ((await within(bounds.probe, (until) => port.accepted(until), signal)) === 'refused') return [];
    for (const { question } of asked.values()) seen.push(lookup(question, { outcome: 'timeout' }));
    asked.clear();
  }
  if (seen.length === 0) throw new ProbeFailed('cut', strange ?? 'the connection was closed before any answer came');
  return inOrderOf(server.questions, seen);
}

/** As they were asked, whichever was answered first: the same cluster gives the same snapshot. */
function inOrderOf(questions: readonly DnsQuestion[], lookups: readonly Lookup[]): readonly Lookup[] {
  const place = ({ name, type }: Lookup) => {
    const index = questions.findIndex((question) => question.name === name && question.type === type);
    return index < 0 ? questions.length : index;
  };
  return lookups.toSorted((a, b) => place(a) - place(b));
}

const connect = (to: Connect['to'], outcome: Connect['outcome']): Connect => ({
  kind: 'Connect',
  from: forwarded,
  to,
  outcome,
});

/** Whether anybody accepts; not a byte is sent. */
async function dial(
  transport: ProbeTransport,
  endpoint: EndpointToDial,
  signal: AbortSignal,
): Promise<readonly Observation[]> {
  using forward = await transport.forward(endpoint.pod, [endpoint.to.port], signal);
  const [port] = forward.ports;
  return port ? [connect(endpoint.to, await port.accepted(signal))] : [];
}

/** Which of the likelier ports of a Pod accept. Only those that do are worth keeping. */
async function search(
  transport: ProbeTransport,
  { otherwise, to, ...asked }: EndpointToDial,
  signal: AbortSignal,
): Promise<readonly Observation[]> {
  if (otherwise.length === 0) return [];
  using forward = await transport.forward(asked.pod, otherwise, signal);
  const outcomes = await Promise.all(
    forward.ports.map(async (port): Promise<readonly Observation[]> => {
      const outcome = await port.accepted(signal);
      return outcome === 'connected' ? [connect({ ...to, port: port.port }, outcome)] : [];
    }),
  );
  return outcomes.flat();
}

/** The readiness probe's own request; where the app does not know the path, the usual ones. */
async function repeat(
  transport: ProbeTransport,
  { request, health, otherwise, ...asked }: ProbeToRepeat,
  signal: AbortSignal,
): Promise<readonly Observation[]> {
  const { pod, port, address, secure } = asked;
  if (health) return checkHealth(transport, asked, health, signal);
  if (!request) {
    const to = { address, port, protocol: 'TCP' } as const;
    return dial(transport, { ...asked, to, otherwise: [] }, signal);
  }
  const get = async (question: HttpQuestion): Promise<HttpGet | Connect | undefined> => {
    const status = await statusOf(transport, asked, question, signal);
    if (status === 'refused') return connect({ address, port, protocol: 'TCP' }, 'refused');
    return status === undefined
      ? undefined
      : { kind: 'HttpGet', pod, port, path: question.path, status, ...(secure ? { scheme: 'HTTPS' } : {}) };
  };
  const own = await get(request);
  if (!own) return [];
  if (own.kind === 'Connect' || own.status !== 404) return [own];
  const others: Observation[] = [];
  for (const path of otherwise) {
    const other = await get({ ...request, path });
    if (other?.kind !== 'HttpGet') break;
    others.push(other);
    if (other.status < 400) break;
  }
  return [own, ...others];
}

async function statusOf(
  transport: ProbeTransport,
  { pod, port, secure }: Pick<ProbeToRepeat, 'pod' | 'port' | 'secure'>,
  question: HttpQuestion,
  signal: AbortSignal,
): Promise<number | 'refused' | undefined> {
  using forward = await transport.forward(pod, [port], signal);
  const [opened] = forward.ports;
  if (!opened) return undefined;
  return await unlessRefused(async () => {
    const spoken = secure ? await transport.secure(opened, signal) : opened;
    spoken.send(encodeGet(question));
    return firstStatus(spoken);
  });
}

async function checkHealth(
  transport: ProbeTransport,
  { pod, port, address }: Pick<ProbeToRepeat, 'pod' | 'port' | 'address'>,
  { authority, service }: HealthQuestion,
  signal: AbortSignal,
): Promise<readonly Observation[]> {
  using forward = await transport.forward(pod, [port], signal);
  const [opened] = forward.ports;
  if (!opened) return [];
  const call = { authority, path: healthPath, message: encodeHealthQuestion(service) };
  const end = await unlessRefused(() => transport.call(opened, call, signal));
  if (end === 'refused') return [connect({ address, port, protocol: 'TCP' }, 'refused')];
  const status = healthIn(end);
  return status === undefined ? [] : [{ kind: 'GrpcHealth', pod, port, ...(service ? { service } : {}), status }];
}

async function unlessRefused<T>(work: () => Promise<T>): Promise<T | 'refused'> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConnectionRefused) return 'refused';
    throw error;
  }
}

async function firstStatus(port: ForwardedPort): Promise<number | undefined> {
  const decoder = new TextDecoder('latin1');
  let beginning = '';
  for await (const piece of port.received) {
    beginning += decoder.decode(piece, { stream: true });
    const status = statusIn(beginning);
    if (status === 'not HTTP') return undefined;
    if (status !== undefined) return status;
    if (beginning.length > 16_384) return undefined;
  }
  return undefined;
}

/** A port that two Services lead to, or that a readiness probe asks for too, was seen once. */
function withoutRepetition(observations: readonly Observation[]): readonly Observation[] {
  const seen = new Set<string>();
  return observations.filter((observation) => {
    const key = JSON.stringify({ ...observation, milliseconds: undefined });
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
