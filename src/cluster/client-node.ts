import type { KubeConfig } from '@kubernetes/client-node';
import type http from 'node:http';
import type https from 'node:https';
import type { ClusterEntry, UserEntry } from './kubeconfig.ts';

/**
 * client-node's own view of one cluster and user, for what it knows and we do not: OpenID Connect and the other auth providers, HTTP and SOCKS
 * proxies, WebSockets. Loaded only where one of them is needed: importing it takes longer than asking the API server everything.
 */
export async function clientNodeConfig(cluster: ClusterEntry, user: UserEntry): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    {
      name: 'cluster',
      server: cluster.server,
      skipTLSVerify: cluster.insecure,
      ...(cluster.caFile === undefined ? {} : { caFile: cluster.caFile }),
      ...(cluster.caData === undefined ? {} : { caData: cluster.caData }),
      ...(cluster.tlsServerName === undefined ? {} : { tlsServerName: cluster.tlsServerName }),
      ...(cluster.proxyUrl === undefined ? {} : { proxyUrl: cluster.proxyUrl }),
    },
    {
      name: 'user',
      ...(user.certFile === undefined ? {} : { certFile: user.certFile }),
      ...(user.certData === undefined ? {} : { certData: user.certData }),
      ...(user.keyFile === undefined ? {} : { keyFile: user.keyFile }),
      ...(user.keyData === undefined ? {} : { keyData: user.keyData }),
      ...(user.authProvider === undefined ? {} : { authProvider: structuredClone(user.authProvider) }),
    },
  );
  return config;
}

/** The Authorization header of an auth provider, refreshed where it has expired. */
export async function providerHeaders(config: KubeConfig): Promise<Readonly<Record<string, string>>> {
  const options: https.RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  const authorization = (options.headers as Readonly<Record<string, unknown>>)['Authorization'];
  return typeof authorization === 'string' ? { authorization } : {};
}

/** The agent that leads through the cluster's proxy. */
export async function proxyAgent(config: KubeConfig): Promise<http.Agent | undefined> {
  const options: https.RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  return typeof options.agent === 'object' ? options.agent : undefined;
}
