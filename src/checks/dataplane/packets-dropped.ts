import { podBehind } from '../../k8s/destinations.ts';
import { keptByHand } from '../../k8s/endpoints.ts';
import type { EndpointSlice, Pod } from '../../k8s/objects.ts';
import { receptionsOf } from '../../k8s/reception.ts';
import { connected, formatSocket, formatSource, type TriedPath } from '../../snapshot/tried-paths.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/packets-dropped',
  title: 'Packets from the client to the endpoints get lost',
  why: 'A port that nobody listens on refuses at once; silence means that a packet filter dropped the packet, or that it went astray. Filters are set by network plugins for policies of their own, by firewalls on the nodes, and by security groups; none of them shows in the objects of the Service.',
  impact: 'breaks',
  symptom: true,
  needs: ['service', 'slices', 'pods', 'triedPaths'],
  uses: ['connects', 'listeners', 'networkPolicies'],
  evaluate({ service, slices, pods, triedPaths, connects, listeners, networkPolicies }) {
    const direct = triedPaths.filter(({ to, toItself }) => to === 'endpoint' && !toItself);
    if (direct.length === 0) return notApplicable('no Pod was called from within the cluster');
    const lost = direct.filter(({ connect }) => connect.outcome === 'timeout');
    const [first] = lost;
    if (!first) return passed('no connection to a Pod timed out');
    const alive = receptionsOf(service, slices, pods, { listeners, connects }).filter(
      ({ address, port, reception, forwarded }) =>
        address === first.connect.to.address &&
        port === first.connect.to.port &&
        (reception?.state === 'open' || forwarded === 'connected'),
    );
    const arrives = direct.filter(connected);
    const { name, namespace = '' } = service.metadata;
    const written = writtenByHand(first, pods);
    const to =
      first.toNode && first.fromNode
        ? `, ${first.fromNode === first.toNode ? 'on the same node' : `from ${first.fromNode} to ${first.toNode}`}`
        : '';
    return problem({
      certainty: alive.length > 0 ? 'certain' : 'likely',
      ...(arrives.length > 0 ? { impact: 'degrades' } : {}),
      summary: written
        ? `${formatSource(first)} calls ${formatSocket(first)} and hears nothing: that is an address outside of the cluster, which EndpointSlice ${written.metadata.name} was given by hand${arrives[0] ? `; ${formatSocket(arrives[0])} answers` : ''}`
        : `${formatSource(first)} calls ${formatSocket(first)} and hears nothing${to}${alive.length > 0 ? ', though a process listens there' : ''}: something on the way to ${name} drops the packets${networkPolicies ? ', and no NetworkPolicy says so' : ''}`,
      evidence: allOf([
        ...[...lost.slice(0, 3), ...arrives.slice(0, 2)].map((path) =>
          evidence(
            path.from ?? service,
            'connect',
            `${formatSource(path)} to ${formatSocket(path)}: ${path.connect.outcome}`,
          ),
        ),
        ...alive
          .slice(0, 2)
          .map(({ pod, listed, port, sockets }) =>
            evidence(
              pod ?? listed.slice,
              sockets ? 'listening sockets' : 'port-forward',
              sockets ? `${port} among ${sockets.map((socket) => socket.port).join(', ')}` : `accepted on ${port}`,
            ),
          ),
      ]),
      confirm: written
        ? [
            confirm(
              kubectl('get', 'endpointslice', written.metadata.name, '-n', namespace, '-o', 'yaml'),
              first.connect.to.address,
            ),
          ]
        : [
            confirm(
              kubectl('get', 'networkpolicies', '-n', namespace),
              'policies of Kubernetes itself; those of a network plugin (Cilium, Calico) are kinds of their own',
            ),
          ],
      fix: {
        explain: written
          ? `See whether ${first.connect.to.address} is still the right machine, runs, and lets the nodes in (its firewall sees their addresses); else take it out of EndpointSlice ${written.metadata.name}: a hand-made slice is never checked.`
          : `Find the filter between ${first.fromNode ?? 'the client’s node'} and ${first.toNode ?? 'the Pod’s node'}: the network plugin’s own policies and its log of drops, rules that somebody added to the nodes (nft list ruleset, iptables-save), security groups of the cloud.`,
      },
    });
  },
});

/** The slice that somebody wrote by hand, where the address that was called is in it and no Pod has it. */
function writtenByHand({ endpoint: listed }: TriedPath, pods: readonly Pod[]): EndpointSlice | undefined {
  return listed && keptByHand(listed.slice) && !listed.endpoint.targetRef && !podBehind(listed, pods)
    ? listed.slice
    : undefined;
}
