import type { Pod, Service } from '../k8s/objects.ts';
import { isReady, isTerminating } from '../k8s/pods.ts';
import type { DemoCluster, HttpAnswer } from './cluster.ts';
import { podsBehind } from './doors.ts';
import { findDns, lookUp } from './lookup.ts';
import { pause, within } from './pause.ts';
import type { Teller } from './teller.ts';

/** Whether the demo works; where it does not, the Service to look at. */
export type Proof = { readonly state: 'proven' } | { readonly state: 'failed'; readonly service: 'db' | 'api' };

/** Works, or in words why not. */
type Step = { readonly holds: true; readonly words: string } | { readonly holds: false; readonly words: string };

/** How long a step that fails is tried again: what follows a rollout, such as kube-proxy's rules, takes a moment. */
const patience = 15_000;
const oneTry = 6_000;

/** Goes the way of a request: the api's own words, its name lookup, and what it answers through its Service. */
export async function prove(
  cluster: DemoCluster,
  namespace: string,
  tell: Teller,
  signal: AbortSignal,
): Promise<Proof> {
  const steps = [
    { service: 'db', what: 'the api’s log', step: () => logNamesDb(cluster, namespace, signal) },
    ...(await lookupSteps(cluster, namespace, tell, signal)),
    { service: 'api', what: '/health', step: () => answers(cluster, namespace, '/health', signal) },
    { service: 'db', what: '/health/db', step: () => answers(cluster, namespace, '/health/db', signal) },
  ] as const;
  for (const { service, what, step } of steps) {
    tell.waiting(`asking for ${what}`);
    const { holds, words } = await persistently(step, signal);
    if (!holds) {
      tell.failed(words);
      return { state: 'failed', service };
    }
    tell.done(words);
  }
  return { state: 'proven' };
}

async function persistently(step: () => Promise<Step>, signal: AbortSignal): Promise<Step> {
  for (const deadline = Date.now() + patience; ;) {
    const result = await step();
    if (result.holds || Date.now() > deadline) return result;
    await pause(500, signal);
  }
}

async function logNamesDb(cluster: DemoCluster, namespace: string, signal: AbortSignal): Promise<Step> {
  const pods = await cluster.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, namespace, 'app=api', signal);
  const pod = pods.find((each) => isReady(each) && !isTerminating(each));
  if (!pod) return { holds: false, words: 'no Pod of the api is ready, so none can say what it is called' };
  const from = { namespace, pod: pod.metadata.name, container: 'api' };
  try {
    const log = await within(oneTry, signal, (ending) => cluster.log(from, ending));
    const line = log.split('\n').find((each) => each.startsWith('api listening on'));
    return line?.includes('(db host: db)')
      ? { holds: true, words: `the api says: ${line}` }
      : { holds: false, words: `the api’s log does not say "db host: db"${line ? `, but: ${line}` : ''}` };
  } catch (error) {
    return failure('the api’s log cannot be read', error, signal);
  }
}

async function lookupSteps(cluster: DemoCluster, namespace: string, tell: Teller, signal: AbortSignal) {
  const dns = await findDns(cluster, signal);
  if (dns.state === 'unseen') {
    // What follows proves it as well: the api reaches its database by this name.
    tell.unknown(`the cluster DNS was not asked for db: ${dns.why}`);
    return [];
  }
  const full = `db.${namespace}.svc.${dns.domain}`;
  const resolves = (shown: string) => async (): Promise<Step> => {
    try {
      const [{ addresses, code }, service] = await Promise.all([
        lookUp(cluster, dns.server, full, signal),
        cluster.get<Service>({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace } }, signal),
      ]);
      const address = service?.spec.clusterIP;
      if (address !== undefined && addresses.includes(address))
        return { holds: true, words: `${shown} resolves to ${address}, says the cluster DNS` };
      return {
        holds: false,
        words:
          addresses.length === 0
            ? `${shown} does not resolve: the cluster DNS answers ${code}`
            : `${shown} resolves to ${addresses.join(', ')}, but Service db is at ${address ?? 'no address'}`,
      };
    } catch (error) {
      return failure('the cluster DNS does not answer', error, signal);
    }
  };
  return [
    // A Pod's own resolver puts its search list behind a short name; the server only ever hears the whole one.
    { service: 'db', what: 'db', step: resolves(`db (for a Pod of ${namespace}: ${full})`) },
    { service: 'db', what: full, step: resolves(full) },
  ] as const;
}

/** What the api answers through its Service: as `kubectl port-forward svc/api` would let you see it. */
export async function askApi(
  cluster: DemoCluster,
  namespace: string,
  path: string,
  signal: AbortSignal,
): Promise<readonly { readonly pod: string; readonly answer: HttpAnswer | string }[]> {
  const pods = await podsBehind(cluster, namespace, 'api', 'http', signal);
  return Promise.all(
    pods.map(async (target) => {
      try {
        return {
          pod: target.pod,
          answer: await within(oneTry, signal, (ending) => cluster.getHttp(target, path, ending)),
        };
      } catch (error) {
        if (signal.aborted) throw error;
        return { pod: target.pod, answer: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}

/** Each Pod behind Service api answers ok. */
async function answers(cluster: DemoCluster, namespace: string, path: string, signal: AbortSignal): Promise<Step> {
  const answered = await askApi(cluster, namespace, path, signal);
  const [first] = answered;
  if (!first) return { holds: false, words: `GET ${path} reaches nobody: no Pod answers for Service api` };
  const wrong = answered.find(({ answer }) => !isOk(answer));
  return wrong
    ? { holds: false, words: `GET ${path} through svc/api: ${formatAnswer(wrong.answer)}` }
    : { holds: true, words: `GET ${path} through svc/api: ${formatAnswer(first.answer)}` };
}

export const isOk = (answer: HttpAnswer | string): boolean =>
  typeof answer !== 'string' && answer.status === 200 && /"ok":\s*true/.test(answer.body);

/** `500 {"ok":false,"error":"…"}`: a body that is no line is cut. */
export const formatAnswer = (answer: HttpAnswer | string): string =>
  typeof answer === 'string' ? answer : `${answer.status} ${(answer.body.split('\n')[0] ?? '').slice(0, 200)}`;

function failure(what: string, error: unknown, signal: AbortSignal): Step {
  if (signal.aborted) throw error;
  return { holds: false, words: `${what}: ${error instanceof Error ? error.message : String(error)}` };
}
