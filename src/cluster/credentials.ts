import { readFileSync } from 'node:fs';
import { UserError } from '../snapshot/user-error.ts';
import { clientNodeConfig, providerHeaders } from './client-node.ts';
import { runExecPlugin } from './exec-plugin.ts';
import type { ClusterEntry, UserEntry } from './kubeconfig.ts';

/** Who we are: what goes into each request, and what into the TLS handshake. */
export interface Credentials {
  readonly headers: RequestHeaders;
  readonly cert?: Buffer | string;
  readonly key?: Buffer | string;
}

export type RequestHeaders = Readonly<Record<string, string | string[]>>;

/** The credentials as they are now: other ones than those that the server has just rejected, where there are any. */
export type CredentialSource = (rejected: Credentials | undefined, signal: AbortSignal) => Promise<Credentials>;

/** An answer, and the credentials that it is an answer to. */
export interface Answered<Answer> {
  readonly answer: Answer;
  readonly credentials: Credentials;
}

/**
 * Sends with the credentials at hand, and once more with fresh ones where the server rejects those: a plugin's token or a file's may run out at any
 * request. The answer to the second may be a rejection too.
 */
export async function answered<Answer extends { readonly status: number }>(
  source: CredentialSource,
  send: (credentials: Credentials) => Promise<Answer>,
  signal: AbortSignal,
): Promise<Answered<Answer>> {
  const credentials = await source(undefined, signal);
  const answer = await send(credentials);
  if (answer.status !== 401) return { answer, credentials };
  const fresh = await source(credentials, signal);
  return fresh === credentials ? { answer, credentials } : { answer: await send(fresh), credentials: fresh };
}

/** A fresh token file is looked at again after a minute, as client-go does: the kubelet renews it while we run. */
const rereadAfter = 60_000;

/** How a user of the kubeconfig proves who it is. Throws UserErrors that name the missing file, program or login. */
export function credentialsOf(user: UserEntry, cluster: ClusterEntry, timeout: number): CredentialSource {
  const cert = pemOf(user.certFile, user.certData, 'client-certificate');
  const key = pemOf(user.keyFile, user.keyData, 'client-key');
  const whole = (authorization: Partial<Credentials>): Credentials => ({
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...authorization,
    headers: { ...authorization.headers, ...impersonationOf(user) },
  });
  const obtain = authorizationOf(user, cluster, timeout);
  let current: Promise<Expiring> | undefined;
  const renewed = (signal: AbortSignal): Promise<Expiring> => {
    const asked = obtain(signal).then(({ expires, ...authorization }) => ({
      ...whole(authorization),
      ...(expires === undefined ? {} : { expires }),
    }));
    // Whoever gives up while it asks, such as a probe whose time is over, leaves it to the next to ask anew.
    asked.catch(() => {
      if (signal.aborted && current === asked) current = undefined;
    });
    return asked;
  };
  const isStale = (known: Expiring | undefined, rejected: Credentials | undefined): boolean =>
    known === undefined || known === rejected || (known.expires ?? Number.POSITIVE_INFINITY) <= Date.now();
  return async (rejected, signal) => {
    for (;;) {
      try {
        const asked = current;
        const known = await asked;
        // Of many requests that were rejected at once, only the first asks anew.
        if (isStale(known, rejected) && current === asked) current = renewed(signal);
        return (await current) as Credentials;
      } catch (error) {
        const anotherGaveUp = error instanceof Error && error.name === 'AbortError' && !signal.aborted;
        if (!anotherGaveUp) throw error;
      }
    }
  };
}

type Expiring = Credentials & { readonly expires?: number };
type Authorization = Partial<Credentials> & { readonly expires?: number };

function authorizationOf(
  user: UserEntry,
  cluster: ClusterEntry,
  timeout: number,
): (signal: AbortSignal) => Promise<Authorization> {
  const { tokenFile, token, exec, authProvider, username, password } = user;
  if (tokenFile !== undefined) {
    return async () => ({
      headers: bearer(tokenIn(tokenFile)),
      expires: Date.now() + rereadAfter,
    });
  }
  if (token !== undefined && token !== '') return async () => ({ headers: bearer(token.trim()) });
  if (username !== undefined && username !== '') {
    const basic = Buffer.from(`${username}:${password ?? ''}`).toString('base64');
    return async () => ({ headers: { authorization: `Basic ${basic}` } });
  }
  if (exec !== undefined) {
    return async (signal) => {
      const { token, ...rest } = await runExecPlugin(exec, cluster, timeout, signal);
      return { ...rest, headers: token === undefined ? {} : bearer(token) };
    };
  }
  if (authProvider !== undefined) {
    return async () => {
      try {
        return {
          headers: await providerHeaders(await clientNodeConfig(cluster, user)),
          expires: Date.now() + rereadAfter,
        };
      } catch (error) {
        throw new UserError(
          'auth-provider-failed',
          `the auth provider "${authProvider.name}" of the kubeconfig gave no token: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
          { hint: 'log in again with the provider’s own command, then retry', cause: error },
        );
      }
    };
  }
  return async () => ({ headers: {} });
}

function tokenIn(file: string): string {
  const token = textOf(file, 'tokenFile').trim();
  // Sent as it is, the server would take us for nobody and answer as nobody may be answered.
  if (token === '')
    throw new UserError('credentials-unreadable', `${file}, the kubeconfig's tokenFile, is empty`, {
      hint: 'fetch the kubeconfig again, or correct the path in it',
    });
  return token;
}

const bearer = (token: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${token}` });

/** Source: client-go/transport/round_trippers.go; each group is a header of its own. */
const impersonationOf = ({ as, asUid, asGroups }: UserEntry): RequestHeaders => ({
  ...(as === undefined ? {} : { 'impersonate-user': as }),
  ...(asUid === undefined ? {} : { 'impersonate-uid': asUid }),
  ...(asGroups.length === 0 ? {} : { 'impersonate-group': [...asGroups] }),
});

/** The PEM text of a file, or of the base64 in the kubeconfig itself, which wins as for kubectl. */
export function pemOf(file: string | undefined, data: string | undefined, field: string): Buffer | undefined {
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64');
  return file === undefined ? undefined : Buffer.from(textOf(file, field));
}

function textOf(file: string, field: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError(
      'credentials-unreadable',
      `cannot read ${file}, the kubeconfig's ${field}: ${code === 'ENOENT' ? 'no such file' : message}`,
      { hint: 'fetch the kubeconfig again, or correct the path in it', cause: error },
    );
  }
}
