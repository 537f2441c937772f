import { ProbeFailed, type CommandEnd, type ContainerOf } from '../probes/transport.ts';
import type { Connection } from './connect.ts';
import { failureFrom, refusalOf } from './probe-failure.ts';
import { openWebSocket } from './web-socket.ts';

/** What a command may print before it counts as something else than what was asked for. */
const maxOutput = 512 * 1024;

/** The channels of the remote command protocol. Source: staging/src/k8s.io/apimachinery/pkg/util/remotecommand/constants.go. */
const channels = { output: 1, errors: 2, status: 3 } as const;

/** Runs a command in a container and waits for its end; its input is empty. */
export async function runIn(
  connection: Connection,
  { namespace, name, container }: ContainerOf,
  command: readonly string[],
  signal: AbortSignal,
): Promise<CommandEnd> {
  const query = [
    ...command.map((word) => `command=${encodeURIComponent(word)}`),
    `container=${encodeURIComponent(container)}`,
    'stdout=true',
    'stderr=true',
  ].join('&');
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/exec?${query}`;
  try {
    using socket = await demandSocket(connection, path, signal);
    const printed = { stdout: '', stderr: '' };
    for await (const message of socket.messages) {
      const text = message.subarray(1).toString('utf8');
      if (message[0] === channels.output) printed.stdout += text;
      else if (message[0] === channels.errors) printed.stderr += text;
      else if (message[0] === channels.status && text !== '') return { ...printed, exitCode: exitCodeIn(text) };
      if (printed.stdout.length + printed.stderr.length > maxOutput)
        throw new ProbeFailed('cut', 'the command prints without end');
    }
    throw new ProbeFailed('cut', 'the stream ended before the command did');
  } catch (error) {
    throw failureFrom(error, signal);
  }
}

async function demandSocket(connection: Connection, path: string, signal: AbortSignal) {
  const socket = await openWebSocket(connection, path, ['v5.channel.k8s.io', 'v4.channel.k8s.io'], signal);
  if ('refused' in socket) throw refusalOf(socket.refused);
  return socket;
}

interface StatusBody {
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/** The exit code in the Status that ends an exec; 0 for Success. Throws where the command never ran. */
export function exitCodeIn(text: string): number {
  let status: StatusBody;
  try {
    status = JSON.parse(text) as StatusBody;
  } catch {
    throw new ProbeFailed('cut', `an unreadable end of a command: ${text.slice(0, 80)}`);
  }
  if (status.status === 'Success') return 0;
  const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (code !== undefined && /^\d+$/.test(code)) return Number(code);
  const message = status.message ?? text;
  throw new ProbeFailed(
    /no such file|executable file not found|not found in \$PATH/i.test(message) ? 'no-program' : 'gone',
    message,
  );
}
