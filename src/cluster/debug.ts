import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerState } from '../k8s/objects.ts';
import { ProbeFailed, type ContainerOf } from '../probes/transport.ts';
import type { Connection } from './connect.ts';
import { failureFrom, refusalOf } from './probe-failure.ts';
import { request, type Request } from './request.ts';
import type { Exchange } from './transport.ts';

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
  const send = async (asked: Request): Promise<Exchange> => {
    const { answer } = await request(connection, { accept: '*/*', ...asked }, signal);
    if (answer.status !== 200) throw refusalOf(answer);
    return answer;
  };
  const added = { name: container, image, command, securityContext: restricted, terminationMessagePolicy: 'File' };
  try {
    await send({
      method: 'PATCH',
      path: `${pod}/ephemeralcontainers`,
      contentType: 'application/strategic-merge-patch+json',
      body: { spec: { ephemeralContainers: [added] } },
    });
    for (;;) {
      const state = stateIn(await send({ method: 'GET', path: pod }), container);
      if (state?.terminated) break;
      const { reason = '', message = '' } = state?.waiting ?? {};
      if (/^(ErrImage|ImagePull|Invalid|Create|Run)\w*/.test(reason))
        throw new ProbeFailed('gone', `${container} does not start: ${reason} ${message}`.trim());
      await delay(pace, undefined, { signal });
    }
    const log = await send({ method: 'GET', path: `${pod}/log?container=${encodeURIComponent(container)}` });
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

function stateIn({ body }: Exchange, container: string): ContainerState | undefined {
  const { status } = JSON.parse(body) as PodBody;
  return status?.ephemeralContainerStatuses?.find(({ name }) => name === container)?.state;
}
