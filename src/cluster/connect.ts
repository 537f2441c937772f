import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { UserError } from '../snapshot/user-error.ts';
import { clientNodeConfig, proxyAgent } from './client-node.ts';
import { explainConnection, type Destination } from './connection-error.ts';
import { credentialsOf, pemOf, type CredentialSource } from './credentials.ts';
import { readKubeconfig, type ClusterEntry, type ContextEntry, type Kubeconfig, type UserEntry } from './kubeconfig.ts';
import { demandConsistency } from './kubeconfig-conflicts.ts';
import { proxyFor } from './proxy.ts';
import { agentTransport, directTransport, plainTransport, type Transport } from './transport.ts';

/** What kubectl's flags of the same names say. */
export interface ConnectOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly as?: string;
  readonly asGroups?: readonly string[];
  readonly namespace?: string;
  /** Milliseconds that one request may take; 0 for as long as it likes. */
  readonly requestTimeout: number;
  readonly userAgent: string;
}

/** An API server, and how to talk to it. Nothing has been sent yet. */
export interface Connection extends Destination {
  /** The namespace of what does not name its own: -n, else the context's, else that of the Pod we run in, else `default`. */
  readonly namespace: string;
  readonly requestTimeout: number;
  readonly userAgent: string;
  readonly credentials: CredentialSource;
  readonly transport: Transport;
  /** What the person should know about this connection, though it works. */
  readonly warnings: readonly string[];
}

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';
const tokenInPod = join(accountFolder, 'token');
const caInPod = join(accountFolder, 'ca.crt');

/**
 * Chooses the cluster as kubectl does: --kubeconfig, else the files of KUBECONFIG, else ~/.kube/config; the context named or the current one;
 * where neither is named, the ServiceAccount of the Pod we run in. May run a credential plugin. Throws a UserError for whatever is missing.
 */
export async function connect(options: ConnectOptions, signal: AbortSignal): Promise<Connection> {
  const { context, cluster: named, user: itsUser } = choose(options);
  demandConsistency(named, itsUser);
  const server = serverUrl(named, context.name);
  const proxy = named.proxyUrl ?? proxyFor(server, process.env);
  const cluster: ClusterEntry = proxy === undefined ? named : { ...named, proxyUrl: proxy };
  const user: UserEntry = {
    ...itsUser,
    ...(options.as === undefined ? {} : { as: options.as }),
    ...(options.asGroups && options.asGroups.length > 0 ? { asGroups: options.asGroups } : {}),
  };
  if (user.as === undefined && user.asGroups.length > 0)
    throw new UserError('bad-option', '--as-group needs --as', {
      hint: 'name the user too: --as USER --as-group GROUP',
    });
  const credentials = credentialsOf(user, cluster, options.requestTimeout);
  const destination: Destination = { server, context: context.name, ...(proxy === undefined ? {} : { proxy }) };
  try {
    return {
      ...destination,
      namespace: options.namespace || context.namespace || ownNamespace() || 'default',
      requestTimeout: options.requestTimeout,
      userAgent: options.userAgent,
      credentials,
      transport: await transportTo(server, cluster, user, credentials, signal),
      warnings: cluster.insecure
        ? [`the kubeconfig says insecure-skip-tls-verify: whoever answers as ${server.host} is believed`]
        : [],
    };
  } catch (error) {
    throw explainConnection(error, destination);
  }
}

interface Chosen {
  readonly context: ContextEntry & { readonly name: string };
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
}

function choose(options: ConnectOptions): Chosen {
  const fromEnvironment = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  const files =
    options.kubeconfig !== undefined
      ? [options.kubeconfig]
      : fromEnvironment.length > 0
        ? fromEnvironment
        : [join(homedir(), '.kube', 'config')];
  const config = readKubeconfig(files, options.kubeconfig !== undefined);
  const nothing = config.clusters.size === 0 && config.contexts.size === 0;
  const name = options.context ?? config.currentContext;
  if (name === undefined) return serviceAccountOr(nothing ? noKubeconfig(files, config) : noContext(config));
  if (config.files.length === 0) throw noKubeconfig(files, config);
  return chosenFrom(config, name, options.context);
}

const placesIn = ({ files }: Kubeconfig): string => files.join(', ');

function knownContexts(config: Kubeconfig): string {
  const known = [...config.contexts.keys()].sort();
  return known.length > 0 ? `known contexts: ${listed(known)}` : `${placesIn(config)} names no context at all`;
}

const noContext = (config: Kubeconfig): UserError =>
  new UserError('no-context', `${placesIn(config)} has no current-context`, {
    hint: `name one with --context; ${knownContexts(config)}`,
  });

function chosenFrom(config: Kubeconfig, name: string, wanted: string | undefined): Chosen {
  const where = placesIn(config);
  const context = config.contexts.get(name);
  if (!context)
    throw new UserError(
      'unknown-context',
      wanted === undefined
        ? `the current-context "${name}" is not in ${where}`
        : `there is no context "${name}" in ${where}`,
      { hint: knownContexts(config) },
    );
  const cluster = config.clusters.get(context.cluster);
  if (!cluster)
    throw new UserError(
      'kubeconfig-invalid',
      `the context "${name}" names the cluster "${context.cluster}", which is not in ${where}`,
      { hint: `known clusters: ${listed([...config.clusters.keys()].sort()) || 'none'}` },
    );
  const user = context.user === '' ? { asGroups: [] } : config.users.get(context.user);
  if (!user)
    throw new UserError(
      'kubeconfig-invalid',
      `the context "${name}" names the user "${context.user}", which is not in ${where}`,
      { hint: `known users: ${listed([...config.users.keys()].sort()) || 'none'}` },
    );
  return { context: { ...context, name }, cluster, user };
}

const listed = (names: readonly string[]): string =>
  names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');

const noKubeconfig = (files: readonly string[], config: Kubeconfig): UserError =>
  new UserError(
    'no-kubeconfig',
    config.files.length > 0
      ? `${config.files.join(', ')} names no cluster`
      : `there is no kubeconfig: ${files.join(', ')} does not exist`,
    { hint: 'name one with --kubeconfig or KUBECONFIG, or read a file instead of a cluster: --snapshot FILE' },
  );

/** Whether we run in a Pod that may talk to its API server. Source: client-go/tools/clientcmd/client_config.go, Possible. */
function addressInPod(): { readonly host: string; readonly port: string } | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  return host && port && existsSync(tokenInPod) ? { host, port } : undefined;
}

/** The cluster that this Pod runs in. Source: client-go/rest/config.go, InClusterConfig. */
function serviceAccountOr(none: UserError): Chosen {
  const address = addressInPod();
  if (!address) throw none;
  const { host, port } = address;
  const missing = [tokenInPod, caInPod].find((file) => textIn(file) === '');
  if (missing !== undefined)
    throw new UserError('credentials-unreadable', `${missing}, of this Pod's ServiceAccount, is missing or empty`, {
      hint: 'a Pod gets it unless it says automountServiceAccountToken: false; or name a kubeconfig with --kubeconfig',
    });
  return {
    context: { name: 'in-cluster', cluster: 'in-cluster', user: 'in-cluster' },
    cluster: {
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      caFile: caInPod,
      insecure: false,
    },
    user: { tokenFile: tokenInPod, asGroups: [] },
  };
}

/** The namespace of the Pod we run in, whose kubeconfig may well be one of another cluster: so for kubectl. Source: client_config.go, Namespace. */
function ownNamespace(): string {
  if (!addressInPod()) return '';
  return process.env['POD_NAMESPACE'] || textIn(join(accountFolder, 'namespace'));
}

const textIn = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8').trim() : '');

function serverUrl({ server }: ClusterEntry, context: string): URL {
  const url = URL.parse(/^[a-z]+:\/\//i.test(server) ? server : `http://${server}`);
  if (!url || server === '' || !/^https?:$/.test(url.protocol))
    throw new UserError('kubeconfig-invalid', `the cluster of context "${context}" has no usable server: "${server}"`, {
      hint: 'it should look like https://10.0.0.1:6443',
    });
  return url;
}

async function transportTo(
  server: URL,
  cluster: ClusterEntry,
  user: UserEntry,
  credentials: CredentialSource,
  signal: AbortSignal,
): Promise<Transport> {
  if (cluster.proxyUrl !== undefined) {
    const agent = await proxyAgent(await clientNodeConfig(cluster, user));
    if (agent) return agentTransport(server, agent);
  }
  if (server.protocol === 'http:') return plainTransport(server);
  const { cert, key } = await credentials(undefined, signal);
  const ca = pemOf(cluster.caFile, cluster.caData, 'certificate-authority');
  if (ca !== undefined && !ca.includes('-----BEGIN'))
    throw new UserError('kubeconfig-invalid', 'certificate-authority in the kubeconfig holds no certificate', {
      hint: 'it should be PEM: -----BEGIN CERTIFICATE-----; fetch the kubeconfig again',
    });
  const identity = {
    rejectUnauthorized: !cluster.insecure,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(cluster.tlsServerName === undefined ? {} : { servername: cluster.tlsServerName }),
  };
  // Tells a broken certificate from a broken connection.
  createSecureContext(identity);
  return directTransport(server, identity);
}
