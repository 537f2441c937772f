import { decode, RECURSION_DESIRED, streamEncode } from 'dns-packet';
import { clusterDomainFrom } from '../k8s/cluster-domain.ts';
import { parseCorefile } from '../k8s/corefile.ts';
import type { ConfigMap } from '../k8s/objects.ts';
import type { DemoCluster, PodPort } from './cluster.ts';
import { podsBehind } from './doors.ts';
import { within } from './pause.ts';

/** The cluster's DNS server, or why it cannot be asked. */
export type FoundDns =
  | { readonly state: 'found'; readonly server: PodPort; readonly domain: string }
  | { readonly state: 'unseen'; readonly why: string };

/** A Pod of kube-system/kube-dns, as every Service of the cluster is found: by its slices. */
export async function findDns(cluster: DemoCluster, signal: AbortSignal): Promise<FoundDns> {
  try {
    const [[server], corefile] = await Promise.all([
      podsBehind(cluster, 'kube-system', 'kube-dns', 'dns-tcp', signal),
      cluster.get<ConfigMap>(
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'coredns', namespace: 'kube-system' } },
        signal,
      ),
    ]);
    const text = corefile?.data?.['Corefile'];
    const { searched } = clusterDomainFrom(text === undefined ? undefined : parseCorefile(text), undefined, []);
    return server
      ? { state: 'found', server, domain: searched }
      : { state: 'unseen', why: 'no Pod answers for Service kube-dns in namespace kube-system' };
  } catch (error) {
    if (signal.aborted) throw error;
    return { state: 'unseen', why: error instanceof Error ? error.message : String(error) };
  }
}

/** The IPv4 or IPv6 addresses that the server gives for a whole name, over TCP; the answer's own code where it gives none. */
export async function lookUp(
  cluster: DemoCluster,
  server: PodPort,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly addresses: readonly string[]; readonly code: string }> {
  const ask = async (type: 'A' | 'AAAA') => {
    const query = streamEncode({
      type: 'query',
      id: 1,
      flags: RECURSION_DESIRED,
      questions: [{ type, name }],
    });
    const bytes = await within(5_000, signal, (ending) => cluster.exchange(server, query, isWhole, ending));
    const { answers = [], rcode } = decode(Buffer.from(bytes.subarray(2))) as ReturnType<typeof decode> & {
      rcode: string;
    };
    const addresses = answers.flatMap((answer) => (answer.type === type ? [answer.data] : []));
    return { addresses, code: rcode };
  };
  const four = await ask('A');
  return four.addresses.length > 0 || four.code !== 'NOERROR' ? four : ask('AAAA');
}

/** DNS over TCP says first, in two bytes, how long the message is. */
const isWhole = (answer: Uint8Array): boolean =>
  answer.length >= 2 && answer.length >= 2 + ((answer[0] ?? 0) << 8) + (answer[1] ?? 0);
