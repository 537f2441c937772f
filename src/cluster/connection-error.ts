import { UserError } from '../snapshot/user-error.ts';

/** Where a request was going, for the words of an error. */
export interface Destination {
  readonly server: URL;
  readonly context: string;
  readonly proxy?: string;
}

/** No answer came within the time that --request-timeout allows. */
export class RequestTimeout extends Error {
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds / 1000} s`);
    this.name = 'RequestTimeout';
    this.milliseconds = milliseconds;
  }
}

/** The code of an error: what came was more than an API server has to say. */
export const answerTooLarge = 'ERR_ANSWER_TOO_LARGE';

/** The connection ended before the answer did. Asked again over a new one, the server may well answer. */
export const isLost = (error: unknown): boolean =>
  /^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE|ERR_HTTP2_.*)$/.test(codeOf(error) ?? '') ||
  (error instanceof Error && error.message === 'socket hang up');

/** What kept us from the API server, as one line and what to do about it. Errors of another kind come back as they are. */
export function explainConnection(error: unknown, { server, context, proxy }: Destination): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  const at = `the API server ${server.origin} (context ${context})`;
  const made = (code: string, message: string, hint: string) => new UserError(code, message, { hint, cause: error });
  const code = codeOf(error);
  const via = proxy ? ` through the proxy ${withoutPassword(proxy)}` : '';

  if (error instanceof RequestTimeout)
    return made(
      'unreachable',
      `${at} gave no answer within ${error.milliseconds / 1000} s${via}`,
      'is the VPN up? --request-timeout allows more time, --context names another cluster',
    );
  switch (code) {
    case 'ECONNREFUSED':
      return made(
        'unreachable',
        `cannot reach ${at}${via}: connection refused`,
        proxy
          ? 'is the proxy running? it comes from proxy-url in the kubeconfig or from HTTPS_PROXY'
          : 'is the cluster running? --context names another',
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return made(
        'unreachable',
        `cannot reach ${at}${via}: the name ${proxy ? 'of the proxy' : server.hostname} does not resolve`,
        'is the VPN up? --context names another cluster',
      );
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
      return made(
        'unreachable',
        `cannot reach ${at}${via}: ${code === 'ETIMEDOUT' ? 'no answer' : 'no route'}`,
        'is the VPN up? --context names another cluster',
      );
    case 'ECONNRESET':
    case 'EPIPE':
      return made(
        'unreachable',
        `${at} closed the connection${via}`,
        'is something between you and the cluster in the way? kubectl version shows whether kubectl gets through',
      );
    case answerTooLarge:
      return made('no-api-server', `${at} sends ${error.message}`, 'does the kubeconfig name an API server?');
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
      return made(
        'tls-untrusted',
        `the certificate of ${at} is not signed by the certificate authority in the kubeconfig`,
        'was the cluster made anew? fetch its kubeconfig again; or certificate-authority names the wrong file',
      );
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return made(
        'tls-name',
        `the certificate of ${at} is for another name: ${reasonOf(error)}`,
        'set tls-server-name in the kubeconfig to a name that the certificate holds',
      );
    case 'CERT_HAS_EXPIRED':
      return made(
        'tls-expired',
        `the certificate of ${at} has expired`,
        'renew it on the cluster (kubeadm certs renew), and check this machine’s clock',
      );
    case 'CERT_NOT_YET_VALID':
      return made('tls-expired', `the certificate of ${at} is not valid yet`, 'check this machine’s clock');
  }
  if (
    code?.startsWith('ERR_SSL_WRONG_VERSION') ||
    code?.startsWith('ERR_SSL_PACKET_LENGTH') ||
    (code === 'EPROTO' && /wrong version/i.test(error.message))
  )
    return made(
      'tls',
      `${at} does not speak TLS`,
      'does the kubeconfig say https where the server speaks http, or name the wrong port?',
    );
  if (
    code?.startsWith('ERR_SSL_TLSV1') ||
    code?.startsWith('ERR_SSL_SSLV3') ||
    /alert (bad|unknown|certificate)/i.test(error.message)
  )
    return made(
      'tls-client',
      `${at} refused our client certificate`,
      'is the client certificate in the kubeconfig from this cluster, and not expired?',
    );
  if (code?.startsWith('ERR_OSSL') || code?.startsWith('ERR_SSL') || code === 'ERR_CRYPTO_INVALID_STATE')
    return made(
      'tls',
      `no TLS connection to ${at}: ${plainOf(error)}`,
      'check certificate-authority, client-certificate and client-key in the kubeconfig',
    );
  if (/proxy|socks/i.test(error.message))
    return made(
      'proxy',
      `cannot reach ${at}${via}: ${plainOf(error)}`,
      'the proxy comes from proxy-url in the kubeconfig or from HTTPS_PROXY',
    );
  if (code !== undefined)
    return made(
      'unreachable',
      `cannot reach ${at}${via}: ${plainOf(error)}`,
      'kubectl version shows whether kubectl gets through',
    );
  return error;
}

/** The system's or TLS library's code of an error, found in its causes too: connecting to several addresses fails with an AggregateError. */
export function codeOf(error: unknown): string | undefined {
  for (let next: unknown = error, depth = 0; next instanceof Error && depth < 5; depth += 1) {
    const { code } = next as NodeJS.ErrnoException;
    if (typeof code === 'string' && code !== 'ABORT_ERR') return code;
    next = next instanceof AggregateError ? next.errors[0] : next.cause;
  }
  return undefined;
}

const reasonOf = (error: Error): string =>
  plainOf(error)
    .replace(/^.*altnames:\s*/i, '')
    .replace(/^Host:\s*/, '');

/** The first line of a message, without OpenSSL's numbers. */
const plainOf = (error: Error): string =>
  (error.message.split('\n')[0] ?? '').replace(/^[0-9A-F]+:error:[0-9A-F]+:/, '').replace(/:[^:]*\.c:\d+:?.*$/, '');

function withoutPassword(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.username = parsed.password = '';
    return parsed.origin === 'null' ? parsed.href : parsed.origin;
  } catch {
    return url.replace(/\/\/[^@/]*@/, '//');
  }
}
