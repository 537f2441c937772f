import { endpointsIn, isReadyEndpoint } from '../../k8s/endpoints.ts';
import { eventsAbout, textOf } from '../../k8s/events.ts';
import type { Event, Pod } from '../../k8s/objects.ts';
import { isNetworkAgent, isVirtualNode, networkAgentPodsOf } from '../../k8s/network-plugin.ts';
import { named } from '../../k8s/named.ts';
import { containerStatusesOf, isReady, isTerminating, podsOnNode } from '../../k8s/pods.ts';
import { lastWords } from '../../snapshot/last-words.ts';
import type { Log } from '../../snapshot/snapshot.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/cni-agent-down',
  title: 'The network plugin does not run on a node',
  why: 'The agent of the network plugin (flannel, Calico, Cilium …) keeps each node’s routes and tunnels. Where it is down, Pods of that node lose those of others: connections across nodes time out, and new Pods get no network.',
  impact: 'degrades',
  explains: ['dataplane/packets-dropped', 'dataplane/overlay-between-nodes', 'dns/lookups-fail', 'dns/udp-blocked'],
  needs: ['slices', 'networkAgents'],
  uses: ['client', 'nodes', 'logs'],
  evaluate({ slices, networkAgents, client, nodes = [], logs }) {
    const sets = networkAgents.daemonSets.filter(({ metadata }) => isNetworkAgent(metadata.name));
    if (sets.length === 0) return notApplicable('no DaemonSet of a network plugin that is known here');
    const serving = endpointsIn(slices)
      .filter(({ endpoint }) => isReadyEndpoint(endpoint))
      .map(({ endpoint }) => endpoint.nodeName);
    const calling = (client?.pods ?? []).map(({ spec }) => spec.nodeName);
    const relevant = [...new Set([...calling, ...serving])].filter(
      (node): node is string =>
        node !== undefined && node !== '' && !isVirtualNode(named(nodes, node)?.metadata.labels),
    );
    const troubles = sets.flatMap((set) =>
      relevant.flatMap((node) => {
        const all = networkAgentPodsOf(set, networkAgents.pods);
        const own = podsOnNode(all, node).filter((pod) => !isTerminating(pod));
        if (own.some(isReady) || all.length === 0) return [];
        const [pod] = own;
        const status = pod && containerStatusesOf(pod).find(({ ready }) => !ready);
        const ended = status?.lastState?.terminated ?? status?.state?.terminated;
        const logged = pod ? saidOf(pod, status?.name, logs, networkAgents.events) : '';
        return [
          {
            set,
            node,
            pod,
            says: status?.state?.waiting?.reason ?? (pod ? 'not ready' : 'missing'),
            logged,
            last: logged || ended?.message?.trim().split('\n').at(-1) || status?.state?.waiting?.message,
          },
        ];
      }),
    );
    const [first] = troubles;
    if (!first)
      return passed(
        `${sets.map(({ metadata }) => metadata.name).join(', ')} runs on ${relevant.join(', ') || 'its nodes'}`,
      );
    const bad = new Set(troubles.map(({ node }) => node));
    const all =
      (calling.length > 0 && calling.every((node) => bad.has(node ?? ''))) ||
      (serving.length > 0 && serving.every((node) => bad.has(node ?? '')));
    const { metadata } = first.set;
    return problem({
      certainty: first.pod === undefined || first.says === 'not ready' ? 'likely' : 'certain',
      ...(all ? { impact: 'breaks' } : {}),
      summary: `${metadata.name} on ${first.node} is ${first.says}${first.logged ? ` (${first.logged.slice(0, 110)})` : ''}: Pods there are cut off from those of other nodes`,
      evidence: allOf(
        troubles
          .slice(0, 4)
          .map(({ set, node, pod, says, last }) =>
            pod
              ? evidence(pod, 'status', `${says} on ${node}${last ? `: ${last}` : ''}`)
              : evidence(set, 'spec.template', `no Pod of it on ${node}`),
          ),
      ),
      confirm: [
        confirm(
          kubectl('get', 'pods', '-n', metadata.namespace ?? '', '-o', 'wide'),
          `${first.pod?.metadata.name ?? metadata.name} is ${first.says} on ${first.node}`,
        ),
      ],
      fix: {
        explain: `Mend what the agent on ${first.node} complains of (its configuration, the Pod network, kernel modules, the interface it picks).`,
        commands: first.pod
          ? [kubectl('logs', '-n', metadata.namespace ?? '', first.pod.metadata.name, '--all-containers', '--tail=50')]
          : [kubectl('describe', 'daemonset', metadata.name, '-n', metadata.namespace ?? '')],
      },
    });
  },
});

/** What tells why: the last words of its log, else the newest Warning about it that is more than a restart. */
function saidOf(
  pod: Pod,
  container: string | undefined,
  logs: readonly Log[] | undefined,
  events: readonly Event[],
): string {
  const logged = container === undefined ? '' : lastWords(logs, pod, container).trim();
  const warning = eventsAbout(pod, events).find(({ type, reason }) => type === 'Warning' && reason !== 'BackOff');
  return logged || (warning ? textOf(warning).replaceAll(/\s+/g, ' ').trim() : '');
}
