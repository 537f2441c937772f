import { destinationsOf } from '../../k8s/destinations.ts';
import { lostFlowOf } from '../../snapshot/dns-flows.ts';
import { formatAnswer, nameAsked, objectAsked, vantageOf } from '../../snapshot/lookups.ts';
import type { Exec } from '../../snapshot/snapshot.ts';
import { connected, formatSocket, formatSource, type TriedPath } from '../../snapshot/tried-paths.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/stale-conntrack',
  title: 'A stale conntrack entry sends packets to a Pod that is gone',
  why: 'The kernel remembers for each flow where a ClusterIP was translated to (conntrack). UDP has no end of connection: a client that keeps sending from the same port keeps the old entry alive, and its packets go on to the address of a replaced Pod. New clients work.',
  impact: 'breaks',
  explains: ['dataplane/kube-proxy-rules', 'dns/lookups-fail', 'dns/udp-blocked'],
  needs: ['service', 'slices', 'pods'],
  uses: ['triedPaths', 'execs', 'client', 'lookups', 'clusterDns'],
  evaluate({ service, slices, pods, triedPaths = [], execs = [], client, lookups = [], clusterDns }) {
    if (triedPaths.length + execs.length + lookups.length === 0)
      return notApplicable('no UDP connection was tried, and no conntrack table was read');
    const live = new Set(destinationsOf(service, slices, pods).map(({ address }) => address));
    const dns = clusterDns?.service;
    const liveDns = new Set(
      dns && clusterDns ? destinationsOf(dns, clusterDns.slices, clusterDns.pods).map(({ address }) => address) : [],
    );
    const hushed = lookups.some(({ transport, outcome }) => transport === 'udp' && outcome === 'timeout');
    const entries = [
      ...execs
        .flatMap((exec) => staleEntriesIn(exec, service.spec.clusterIPs ?? [service.spec.clusterIP ?? ''], live))
        .map((entry) => ({ ...entry, of: service, slice: slices[0], others: live })),
      ...(dns && dns !== service && clusterDns && liveDns.size > 0
        ? execs
            .flatMap((exec) => staleEntriesIn(exec, clusterDns.addresses, liveDns))
            .filter(({ line }) => hushed || line.includes('[UNREPLIED]'))
            .map((entry) => ({ ...entry, of: dns, slice: clusterDns.slices[0], others: liveDns }))
        : []),
    ];
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
        summary: `conntrack${node ? ` on ${node}` : ''} still sends ${entry.virtual} to ${entry.address}, which is no Pod of ${entry.of.metadata.name} any more`,
        evidence: allOf([
          evidence(entry.of, 'conntrack', entry.line),
          evidence(
            entry.slice ?? entry.of,
            'endpoints.addresses',
            `${[...entry.others].join(', ') || 'none'}: ${entry.address} is not among them`,
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
    const lost = clusterDns && lostFlowOf(lookups, clusterDns, [...pods, ...(client?.pods ?? [])]);
    if (clusterDns && dns && lost) {
      const at = lost.from.spec.nodeName;
      const address = clusterDns.addresses[0] ?? '';
      const witness =
        lost.overTcp.length > 0
          ? 'over TCP it answers'
          : `it answers ${vantageOf(lost.neighbours[0] ?? lost.lookup)} on the same node`;
      return problem({
        certainty: lost.overTcp.length > 0 ? 'certain' : 'likely',
        summary: `${lost.from.metadata.name}${at ? ` on ${at}` : ''} asks ${dns.metadata.name} ${address} over UDP and hears nothing, while ${witness} and the Pods behind it answer directly: its conntrack entry is stale`,
        evidence: allOf(
          [lost.lookup, ...lost.overTcp.slice(0, 1), ...lost.neighbours.slice(0, 1), ...lost.direct.slice(0, 2)].map(
            (lookup) => ({
              object: objectAsked(lookup, clusterDns),
              path: `answer for ${nameAsked(lookup)} ${lookup.type}`,
              saw: formatAnswer(lookup),
            }),
          ),
        ),
        confirm: [
          confirm(
            ['conntrack', '-L', '-p', 'udp', '--orig-dst', address],
            `on ${at ?? 'the node of the client'}: a reply source (src=) that is none of ${[...liveDns].join(', ')}`,
          ),
        ],
        fix: fixFor(address),
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

/** UDP lines of `conntrack -L`: the original destination is the Service, the reply comes from an address that is no endpoint. */
function staleEntriesIn({ command, output }: Exec, addresses: readonly string[], live: ReadonlySet<string>) {
  if (!/conntrack/.test(command.join(' '))) return [];
  return output.split('\n').flatMap((line) => {
    if (!/\budp\b/.test(line)) return [];
    const destinations = [...line.matchAll(/dst=(\S+)/g)].map(([, address = '']) => address);
    const sources = [...line.matchAll(/src=(\S+)/g)].map(([, address = '']) => address);
    const [original = ''] = destinations;
    const [, replies] = sources;
    if (!addresses.includes(original) || replies === undefined || replies === original || live.has(replies)) return [];
    return [{ line: line.trim(), virtual: original, address: replies }];
  });
}
