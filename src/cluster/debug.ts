import http from 'node:http';
import https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerState } from '../k8s/objects.ts';
import { ProbeFailed, type ContainerOf } from '../probes/transport.ts';
import type { Connection } from './connect.ts';
import { failureFrom, refusalOf } from './probe-failure.ts';
import { exchangeOf, type Exchange } from './transport.ts';

/** What the strictest PodSecurity level, `restricted`, asks of a container. */
const restricted = {
  runAsNonRoot: true,
  runAsUser: 65_534,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** How often the Pod is looked at, in milliseconds. */
const pace = 200;

/** Runs a command in an ephemeral container and returns what it printed. The container ends with its command; its entry in the Pod's spec stays. */
export async function runBeside(
  connection: Connection,
  { namespace, name, container }: ContainerOf,
  image: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const pod = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
  const added = { name: container, image, command, securityContext: restricted, terminationMessagePolicy: 'File' };
  try {
    const patched = await send(connection, 'PATCH', `${pod}/ephemeralcontainers`, signal, {
      spec: { ephemeralContainers: [added] },
    });
    if (patched.status !== 200) throw refusalOf(patched);
    for (;;) {
      const state = await stateOf(connection, pod, container, signal);
      if (state?.terminated) break;
      const { reason = '', message = '' } = state?.waiting ?? {};
      if (/^(ErrImage|ImagePull|Invalid|Create|Run)\w*/.test(reason))
        throw new ProbeFailed('gone', `${container} does not start: ${reason} ${message}`.trim());
      await delay(pace, undefined, { signal });
    }
    const log = await send(connection, 'GET', `${pod}/log?container=${encodeURIComponent(container)}`, signal);
    if (log.status !== 200) throw refusalOf(log);
    return log.body;
  } catch (error) {
    throw failureFrom(error, signal);
  }
}

interface PodBody {
  readonly status?: {
    readonly ephemeralContainerStatuses?: readonly { readonly name: string; readonly state?: ContainerState }[];
  };
}

async function stateOf(
  connection: Connection,
  path: string,
  container: string,
  signal: AbortSignal,
): Promise<ContainerState | undefined> {
  const answer = await send(connection, 'GET', path, signal);
  if (answer.status !== 200) throw refusalOf(answer);
  const { status } = JSON.parse(answer.body) as PodBody;
  return status?.ephemeralContainerStatuses?.find(({ name }) => name === container)?.state;
}

async function send(
  { server, userAgent, credentials, transport }: Connection,
  method: 'GET' | 'PATCH',
  path: string,
  signal: AbortSignal,
  patch?: unknown,
): Promise<Exchange> {
  const { headers } = await credentials(undefined, signal);
  const { request } = server.protocol === 'https:' ? https : http;
  const text = patch === undefined ? undefined : JSON.stringify(patch);
  const all = {
    ...headers,
    'user-agent': userAgent,
    accept: '*/*',
    ...(text === undefined
      ? {}
      : { 'content-type': 'application/strategic-merge-patch+json', 'content-length': Buffer.byteLength(text) }),
  };
  const url = new URL(`${server.pathname.replace(/\/$/, '')}${path}`, server);
  return new Promise((resolve, reject) => {
    request(url, { method, headers: all, agent: transport.agent(), signal }, (response) => {
      exchangeOf(response).then(resolve, reject);
    })
      .once('error', reject)
      .end(text);
  });
}
