import { destinationsOf } from '../../k8s/destinations.ts';
import type { Service } from '../../k8s/objects.ts';
import type { Exec } from '../../snapshot/snapshot.ts';
import { connected, formatSocket, formatSource, type TriedPath } from '../../snapshot/tried-paths.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/stale-conntrack',
  title: 'A stale conntrack entry sends packets to a Pod that is gone',
  why: 'The kernel remembers for each flow where a ClusterIP was translated to (conntrack). UDP has no end of connection: a client that keeps sending from the same port keeps the old entry alive, and its packets go on to the address of a replaced Pod. New clients work.',
  impact: 'breaks',
  explains: ['dataplane/kube-proxy-rules'],
  needs: ['service', 'slices', 'pods'],
  uses: ['triedPaths', 'execs', 'client'],
  evaluate({ service, slices, pods, triedPaths = [], execs = [], client }) {
    const live = new Set(destinationsOf(service, slices, pods).map(({ address }) => address));
    const entries = execs.flatMap((exec) => staleEntriesIn(exec, service, live));
    const node = (client?.pods ?? [])[0]?.spec.nodeName;
    const fixFor = (address: string | undefined) => ({
      explain: `Remove the entry on the node (conntrack -D -p udp${address ? ` --orig-dst ${address}` : ''}) or make the client Pod anew, so that it sends from another port; a current kube-proxy clears such entries itself when endpoints change.`,
      ...(client
        ? {
            commands: [
              kubectl(
                'rollout',
                'restart',
                `${client.object.kind.toLowerCase()}/${client.object.metadata.name}`,
                '-n',
                client.namespace,
              ),
            ],
          }
        : {}),
    });
    const [entry] = entries;
    if (entry) {
      return problem({
        certainty: 'certain',
        summary: `conntrack${node ? ` on ${node}` : ''} still sends ${entry.virtual} to ${entry.address}, which is no Pod of ${service.metadata.name} any more`,
        evidence: allOf([
          evidence(service, 'conntrack', entry.line),
          evidence(
            slices[0] ?? service,
            'endpoints.addresses',
            `${[...live].join(', ') || 'none'}: ${entry.address} is not among them`,
          ),
        ]),
        confirm: [
          confirm(
            ['conntrack', '-L', '-p', 'udp', '--orig-dst', entry.virtual],
            `src=${entry.address} in the reply direction, on the node of the client`,
          ),
        ],
        fix: fixFor(entry.virtual),
      });
    }
    const udp = triedPaths.filter(({ connect }) => connect.to.protocol === 'UDP');
    if (udp.length === 0) return notApplicable('no UDP connection was tried, and no conntrack table was read');
    const suspect = udp.find(
      (path) =>
        path.to === 'virtual' &&
        path.connect.outcome === 'timeout' &&
        !triedPaths.some((other) => other.to === 'endpoint' && !connected(other) && other.fromNode === path.fromNode) &&
        (triedPaths.some((other) => isFineBeside(other, path)) ||
          udp.some(
            (other) =>
              other.to === 'virtual' && connected(other) && podsAreYounger(path.from?.metadata.creationTimestamp),
          )),
    );
    if (!suspect) return passed('no UDP client is stuck on an old translation');
    const others = triedPaths.filter((path) => connected(path) && path !== suspect);
    return problem({
      certainty: 'likely',
      summary: `${formatSource(suspect)} sends UDP to ${suspect.connect.to.address} and hears nothing, while ${others.some(({ to, connect }) => to === 'virtual' && connect.to.protocol === 'UDP') ? 'other clients of the same ClusterIP do' : 'the Pods answer directly'}: its conntrack entry is stale`,
      evidence: allOf(
        [suspect, ...others.slice(0, 3)].map((path) =>
          evidence(
            path.from ?? service,
            'connect',
            `${formatSource(path)} to ${formatSocket(path)}: ${path.connect.outcome}`,
          ),
        ),
      ),
      confirm: [
        confirm(
          ['conntrack', '-L', '-p', 'udp', '--orig-dst', suspect.connect.to.address],
          'on the node of the client: a reply source (src=) that is none of the Pods of the Service',
        ),
      ],
      fix: fixFor(suspect.connect.to.address),
    });

    function podsAreYounger(since: string | undefined): boolean {
      const born = destinationsOf(service, slices, pods).flatMap(({ pod }) => pod?.metadata.creationTimestamp ?? []);
      return since !== undefined && born.length > 0 && born.every((time) => time > since);
    }
  },
});

/** From the same node, the ClusterIP answers another Pod or over TCP, or the Pods answer directly: the rules and the network are fine. */
const isFineBeside = (other: TriedPath, path: TriedPath): boolean =>
  connected(other) &&
  other.fromNode === path.fromNode &&
  (other.to === 'endpoint' ||
    (other.to === 'virtual' && (other.from !== path.from || other.connect.to.protocol === 'TCP')));

/** Lines of `conntrack -L`: the original destination is the Service, the reply comes from an address that is no endpoint. */
function staleEntriesIn({ command, output }: Exec, { spec }: Service, live: ReadonlySet<string>) {
  if (!/conntrack/.test(command.join(' '))) return [];
  const virtual = new Set(spec.clusterIPs ?? [spec.clusterIP ?? '']);
  return output.split('\n').flatMap((line) => {
    const destinations = [...line.matchAll(/dst=(\S+)/g)].map(([, address = '']) => address);
    const sources = [...line.matchAll(/src=(\S+)/g)].map(([, address = '']) => address);
    const [original = ''] = destinations;
    const [, replies] = sources;
    if (!virtual.has(original) || replies === undefined || replies === original || live.has(replies)) return [];
    return [{ line: line.trim(), virtual: original, address: replies }];
  });
}
