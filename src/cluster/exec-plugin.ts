import { spawn } from 'node:child_process';
import { UserError } from '../snapshot/user-error.ts';
import type { ClusterEntry, ExecEntry } from './kubeconfig.ts';

/** What a credential plugin printed. */
export interface ExecCredential {
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Milliseconds since the epoch. */
  readonly expires?: number;
}

/**
 * Runs a credential plugin as kubectl does. Its stderr stays the terminal's, so that a plugin can ask to log in: this is why client-node's
 * own runner, which keeps stderr and stdin to itself, is not used. One that cannot ask gets `timeout` milliseconds (0: no limit). Throws a UserError where it is missing, fails or prints nothing usable.
 */
export async function runExecPlugin(
  exec: ExecEntry,
  cluster: ClusterEntry,
  timeout: number,
  signal: AbortSignal,
): Promise<ExecCredential> {
  const interactive = exec.interactive && process.stdin.isTTY;
  const output = await new Promise<string>((resolve, reject) => {
    const child = spawn(exec.command, exec.args, {
      env: { ...process.env, ...environmentOf(exec, cluster, interactive) },
      stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'inherit'],
      signal,
    });
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    child.on('error', (error: NodeJS.ErrnoException) => reject(signal.aborted ? error : notStarted(exec, error)));
    child.on('close', (code, killed) => {
      if (code === 0) return resolve(text);
      const end = killed ? `was ended by ${killed}` : `ended with exit code ${code}`;
      reject(failed(exec, end, 'what it wrote itself stands above'));
    });
    if (interactive || timeout === 0) return;
    const timer = setTimeout(() => {
      child.kill();
      // Its own children may hold the pipe open; nobody waits for them.
      child.stdout?.destroy();
      reject(failed(exec, `printed nothing within ${timeout / 1000} s`, '--request-timeout allows more time'));
    }, timeout);
    child.on('exit', () => clearTimeout(timer));
  });
  return credentialIn(output, exec);
}

const environmentOf = (exec: ExecEntry, cluster: ClusterEntry, interactive: boolean): Record<string, string> => ({
  ...Object.fromEntries(exec.env.map(({ name, value }) => [name, value])),
  KUBERNETES_EXEC_INFO: JSON.stringify({
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: {
      interactive,
      ...(exec.provideClusterInfo
        ? {
            cluster: {
              server: cluster.server,
              'tls-server-name': cluster.tlsServerName,
              'insecure-skip-tls-verify': cluster.insecure,
              'certificate-authority-data': cluster.caData,
              'proxy-url': cluster.proxyUrl,
            },
          }
        : {}),
    },
  }),
});

function credentialIn(output: string, exec: ExecEntry): ExecCredential {
  let status: Readonly<Record<string, unknown>> | undefined;
  try {
    status = (JSON.parse(output) as { status?: Readonly<Record<string, unknown>> } | null)?.status;
  } catch (error) {
    throw failed(
      exec,
      'printed something that is not JSON',
      'kubectl needs the same program: does kubectl work?',
      error,
    );
  }
  const text = (key: string) => (typeof status?.[key] === 'string' ? status[key] : undefined);
  const [token, cert, key, expires] = [
    text('token'),
    text('clientCertificateData'),
    text('clientKeyData'),
    text('expirationTimestamp'),
  ];
  if (token === undefined && cert === undefined)
    throw failed(exec, 'printed no credentials', 'log in again with its own command, then retry');
  return {
    ...(token === undefined ? {} : { token }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(expires === undefined ? {} : { expires: Date.parse(expires) }),
  };
}

const notStarted = (exec: ExecEntry, error: NodeJS.ErrnoException): UserError =>
  error.code === 'ENOENT'
    ? new UserError(
        'exec-plugin-missing',
        `the kubeconfig takes its credentials from "${exec.command}", which is not installed`,
        {
          hint: exec.installHint?.trim().split('\n')[0] ?? `install ${exec.command}, or add it to the PATH`,
          cause: error,
        },
      )
    : failed(
        exec,
        `could not be started: ${error.message}`,
        'kubectl needs the same program: does kubectl work?',
        error,
      );

const failed = (exec: ExecEntry, what: string, hint: string, cause?: unknown): UserError =>
  new UserError('exec-plugin-failed', `the credential plugin "${exec.command}" ${what}`, { hint, cause });
