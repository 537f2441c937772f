import { UserError } from '../snapshot/user-error.ts';
import type { ClusterEntry, UserEntry } from './kubeconfig.ts';

/** What kubectl refuses in a kubeconfig, since it can be meant in two ways. Source: client-go/tools/clientcmd/validation.go, client-go/rest/transport.go. */
export function demandConsistency(cluster: ClusterEntry, user: UserEntry): void {
  const both = (first: unknown, second: unknown) => first !== undefined && second !== undefined;
  const { caFile, caData, insecure } = cluster;
  const { certFile, certData, keyFile, keyData, token, tokenFile, username, exec, authProvider } = user;
  const cert = certFile ?? certData;
  const wrong: readonly (readonly [boolean, string])[] = [
    [both(caFile, caData), 'certificate-authority and certificate-authority-data: two authorities'],
    [
      insecure && (caFile ?? caData) !== undefined,
      'insecure-skip-tls-verify and a certificate-authority: whether to believe anybody or only one',
    ],
    [both(certFile, certData), 'client-certificate and client-certificate-data: two certificates'],
    [both(keyFile, keyData), 'client-key and client-key-data: two keys'],
    [cert !== undefined && (keyFile ?? keyData) === undefined, 'a client certificate without its client-key'],
    [both(token ?? tokenFile, username), 'a token and a username: two ways to log in'],
    [both(exec, authProvider), 'exec and auth-provider: two ways to log in'],
  ];
  const found = wrong.find(([is]) => is);
  if (found)
    throw new UserError('kubeconfig-invalid', `the kubeconfig has ${found[1]}`, {
      hint: 'remove what is not meant: kubectl refuses it too; kubectl config view shows it',
    });
}
