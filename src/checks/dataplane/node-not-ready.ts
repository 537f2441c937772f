import { endpointsIn, isReadyEndpoint } from '../../k8s/endpoints.ts';
import type { Node } from '../../k8s/objects.ts';
import { oncePer } from '../../k8s/once-per.ts';
import { conditionOf } from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/node-not-ready',
  title: 'A node on the way is not Ready',
  why: 'When a node stops reporting, its Pods may still run or be gone, and kube-proxy there learns of no change. Endpoints on it stay listed until their Pods are marked, for some 40 seconds, or longer where Services publish Pods that are not ready.',
  impact: 'degrades',
  explains: [
    'dataplane/packets-dropped',
    'dataplane/overlay-between-nodes',
    'dataplane/kube-proxy-rules',
    'dataplane/kube-proxy-down',
    'dataplane/cni-agent-down',
  ],
  needs: ['nodes', 'slices'],
  uses: ['client'],
  evaluate({ nodes, slices, client }) {
    const lost = lostAmong(nodes);
    if (lost.size === 0) return passed(`${nodes.length} of ${nodes.length} nodes are Ready`);
    const ready = endpointsIn(slices).filter(({ endpoint }) => isReadyEndpoint(endpoint));
    const there = ready.filter(({ endpoint }) => lost.has(endpoint.nodeName ?? ''));
    const callers = (client?.pods ?? []).filter(({ spec }) => lost.has(spec.nodeName ?? ''));
    const [node] = [
      ...there.map(({ endpoint }) => endpoint.nodeName),
      ...callers.map(({ spec }) => spec.nodeName),
    ].flatMap((name) => lost.get(name ?? '') ?? []);
    if (!node) return passed(`${[...lost.keys()].join(', ')} is not Ready, but carries nothing of this connection`);
    const allGone = there.length === ready.length && ready.length > 0;
    const allCallers = client !== undefined && callers.length === client.pods.length && callers.length > 0;
    const condition = conditionOf(node, 'Ready');
    const name = node.metadata.name;
    return problem({
      certainty: 'likely',
      ...(allGone || allCallers ? { impact: 'breaks' } : {}),
      summary: `${name} is NotReady${condition?.reason ? ` (${condition.reason})` : ''} and ${there.length > 0 ? `${there.length} of ${ready.length} ready endpoints are on it` : `${client?.object.metadata.name} calls from it`}`,
      evidence: allOf([
        evidence(
          node,
          'status.conditions[Ready]',
          `${condition?.status ?? 'absent'}: ${condition?.reason ?? ''} ${condition?.message ?? ''}`.trim(),
        ),
        ...there
          .slice(0, 3)
          .map(({ slice, endpoint }) =>
            evidence(slice, 'endpoints.nodeName', `${endpoint.addresses.join(', ')} on ${endpoint.nodeName}`),
          ),
        ...callers.slice(0, 3).map((pod) => evidence(pod, 'spec.nodeName', pod.spec.nodeName)),
      ]),
      confirm: [confirm(kubectl('get', 'node', name), 'NotReady')],
      fix: {
        explain: `Bring ${name} back: its kubelet, its container runtime and its network to the API server. If it is gone for good, delete the Node so that its Pods are made elsewhere.`,
        commands: [kubectl('describe', 'node', name)],
      },
    });
  },
});

const lostAmong = oncePer(
  (nodes: readonly Node[]): ReadonlyMap<string, Node> =>
    new Map(nodes.filter(isLost).map((node) => [node.metadata.name, node])),
);

const isLost = (node: Node): boolean => {
  const ready = conditionOf(node, 'Ready');
  return ready !== undefined && ready.status !== 'True';
};
