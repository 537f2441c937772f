import { endpointsIn, isReadyEndpoint } from '../../k8s/endpoints.ts';
import type { EndpointSlice } from '../../k8s/objects.ts';
import { networkPluginOf } from '../../k8s/network-plugin.ts';
import { connected, formatSocket, formatSource, type TriedPath } from '../../snapshot/tried-paths.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/overlay-between-nodes',
  title: 'Pod traffic does not pass between two nodes',
  why: 'Between nodes, most network plugins wrap Pod traffic in an overlay: VXLAN, Geneve, IPIP or WireGuard. A firewall or security group that lets only TCP through, or a plugin that took the wrong interface, drops it silently. Pods on one node still reach each other, so a Service works now and then.',
  impact: 'breaks',
  explains: ['dataplane/packets-dropped', 'dataplane/mtu', 'dns/lookups-fail', 'dns/udp-blocked'],
  needs: ['service', 'slices', 'triedPaths'],
  uses: ['networkAgents', 'nodes', 'client'],
  evaluate({ service, slices, triedPaths, networkAgents, nodes = [], client }) {
    const paths = triedPaths.flatMap((path) => placedAt(path, slices));
    if (paths.length === 0) return notApplicable('nothing was tried of which both nodes are known');
    const across = paths.filter(({ entryNode, toNode }) => entryNode !== toNode);
    const failed = across.filter(
      (path) =>
        path.connect.outcome === 'timeout' &&
        !paths.some(
          (other) =>
            connected(other) &&
            (samePair(path, other) || (other.connect.to.address === path.connect.to.address && samePlace(path, other))),
        ),
    );
    const [first] = failed.toSorted((a, b) => Number(b.to === 'endpoint') - Number(a.to === 'endpoint'));
    if (!first)
      return passed(
        across.length > 0 ? 'Pods answer across nodes wherever that was tried' : 'nothing was tried across nodes',
      );
    const within = paths.filter(({ entryNode, toNode }) => entryNode === toNode);
    if (within.some((path) => !connected(path)))
      return passed('Pods do not answer on the same node either: the overlay is not what differs');
    const answers = paths.filter(
      (path) =>
        connected(path) &&
        (path.endpoint === first.endpoint || path.from === first.from || path.toNode === first.toNode),
    );
    if (first.to !== 'endpoint' && !answers.some(({ entryNode, toNode }) => entryNode === toNode))
      return passed('the Pods themselves were not tried, so nothing tells the overlay from the rules of kube-proxy');
    const plugin = networkPluginOf(networkAgents?.daemonSets ?? [], networkAgents?.configMaps ?? []);
    const places = [...new Set(failed.flatMap(({ entryNode, toNode }) => [entryNode, toNode]))];
    const asked = paths.filter(({ from }) => from && client?.pods.includes(from));
    const everyWay = (asked.length > 0 ? asked : paths).every((path) => !connected(path));
    return problem({
      certainty: first.to === 'endpoint' && answers.length > 0 ? 'certain' : 'likely',
      ...(everyWay ? {} : { impact: 'degrades' }),
      summary: `Pod traffic from ${first.entryNode} to ${first.toNode} is lost (timeout)${within.length > 0 ? ', while on the same node it passes' : ''}: the overlay between the nodes is blocked, ${plugin.carries.split(',')[0]}`,
      evidence: allOf([
        ...[...failed.slice(0, 3), ...answers.slice(0, 3)].map((path) =>
          evidence(
            path.from ?? service,
            'connect',
            `${formatSource(path)} to ${formatSocket(path)}${path.to === 'endpoint' ? ` on ${path.toNode}` : `, whose Pods are all on ${path.toNode}`}: ${path.connect.outcome}`,
          ),
        ),
        evidence(
          plugin.object ?? service,
          plugin.object ? 'metadata.name' : 'status',
          `${plugin.name} needs ${plugin.carries} between all nodes`,
        ),
        ...nodes
          .filter(({ metadata }) => places.includes(metadata.name))
          .slice(0, 3)
          .map((node) =>
            evidence(
              node,
              'status.addresses',
              (node.status?.addresses ?? []).map(({ type, address }) => `${type} ${address}`).join(', '),
            ),
          ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'pods', '-A', '-o', 'wide', '--field-selector', `spec.nodeName=${first.toNode}`),
          `Pods on ${first.toNode}: none of them answers from ${first.entryNode}`,
        ),
      ],
      fix: {
        explain: `Let ${plugin.carries} pass between ${places.join(' and ')} in the firewall or security group; where it is open, see that ${plugin.name} uses the interface that joins the nodes.`,
      },
    });
  },
});

interface Placed extends TriedPath {
  readonly entryNode: string;
  readonly toNode: string;
}

/**
 * Between which two nodes the packets went. Of a virtual address or node port that is known only where all Pods are on one node.
 */
function placedAt(path: TriedPath, slices: readonly EndpointSlice[]): readonly Placed[] {
  const { entryNode, toItself, endpoint } = path;
  if (toItself || entryNode === undefined || (endpoint && !isReadyEndpoint(endpoint.endpoint))) return [];
  const nodes = [
    ...new Set(endpointsIn(slices).flatMap((each) => (isReadyEndpoint(each.endpoint) ? [each.endpoint.nodeName] : []))),
  ];
  const toNode = path.to === 'endpoint' ? path.toNode : nodes.length === 1 ? nodes[0] : undefined;
  return toNode === undefined ? [] : [{ ...path, entryNode, toNode }];
}

const samePair = (a: Placed, b: Placed): boolean => a.entryNode === b.entryNode && a.toNode === b.toNode;

const samePlace = (a: Placed, b: Placed): boolean => a.from === b.from && a.fromNode === b.fromNode;
