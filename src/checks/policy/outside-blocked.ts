import { destinationsOf, type Destination } from '../../k8s/destinations.ts';
import { addressEnd, formatPeer, judge, policyEndOf, rulesOf, type Judgement } from '../../k8s/network-policy.ts';
import type { NetworkPolicy, Node } from '../../k8s/objects.ts';
import { oncePer } from '../../k8s/once-per.ts';
import { namesOf } from '../blocked-by-policy.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

const nodeAddressesOf = oncePer((nodes: readonly Node[]): readonly string[] =>
  nodes.flatMap(({ status }) =>
    (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
  ),
);

/** How the first of the destinations refuses the nodes, where none of them admits any. One that is admitted settles it. */
function firstRefusal(
  targets: readonly Destination[],
  nodes: readonly string[],
  policies: readonly NetworkPolicy[],
): (Pick<Destination, 'port' | 'servicePort'> & { readonly judgement: Judgement }) | undefined {
  let first: ReturnType<typeof firstRefusal>;
  for (const { pod, port, protocol, address, servicePort } of targets) {
    if (!pod) continue;
    const to = policyEndOf(pod, [], address);
    for (const node of nodes) {
      const judgement = judge('Ingress', { from: addressEnd(node), to, port, protocol }, policies);
      if (judgement.allowed) return undefined;
      first ??= { port, servicePort, judgement };
    }
  }
  return first;
}

export default defineCheck({
  id: 'policy/outside-blocked',
  title: 'NetworkPolicies do not admit traffic from outside as it arrives',
  why: 'Traffic through a node port or load balancer carries the address of the node it entered at, unless externalTrafficPolicy is Local: kube-proxy rewrites its source. An ipBlock of the clients’ addresses then matches nothing, and a rule for Pods never does.',
  impact: 'degrades',
  needs: ['service', 'slices', 'pods', 'networkPolicies', 'nodes'],
  uses: ['client', 'edgePods'],
  evaluate({ service, slices, pods, networkPolicies, nodes, client, edgePods = [] }) {
    const { type, externalTrafficPolicy } = service.spec;
    if (type !== 'NodePort' && type !== 'LoadBalancer') return notApplicable('nothing comes in from outside');
    if (client) return passed('what comes from outside was not asked for: the client is inside');
    const targets = destinationsOf(service, slices, pods).filter(({ pod }) => pod !== undefined);
    const from = nodeAddressesOf(nodes);
    const first = firstRefusal(targets, from.length > 0 ? from : ['203.0.113.7'], networkPolicies);
    if (!first) return passed('traffic that enters at a node is admitted');
    const { isolating } = first.judgement;
    const blocks = isolating.flatMap((policy) =>
      rulesOf(policy, 'Ingress').flatMap(({ peers }) =>
        peers.filter(({ ipBlock }) => ipBlock).map((peer) => ({ policy, peer })),
      ),
    );
    if (externalTrafficPolicy === 'Local' && blocks.length > 0)
      return passed('externalTrafficPolicy is Local: an ipBlock sees the address of the client');
    const rewritten = blocks.length > 0;
    const edge = edgePods.length > 0 && !rewritten;
    return problem({
      certainty: rewritten ? 'likely' : 'possible',
      ...(rewritten && !edge ? {} : { impact: 'risks' }),
      summary: rewritten
        ? `${namesOf(isolating)} admits ${blocks
            .map(({ peer }) => peer.ipBlock?.cidr)
            .slice(0, 2)
            .join(
              ', ',
            )}, but traffic from outside arrives with a node’s address (${from.slice(0, 2).join(', ')}): externalTrafficPolicy is ${externalTrafficPolicy ?? 'Cluster'}`
        : `${namesOf(isolating)} admits Pods only, so traffic from outside to this ${type} Service is dropped`,
      evidence: allOf([
        ...(rewritten
          ? blocks.slice(0, 3).map(({ policy, peer }) => evidence(policy, 'spec.ingress.from', formatPeer(peer)))
          : isolating
              .slice(0, 3)
              .map((policy) => evidence(policy, 'spec.ingress', JSON.stringify(policy.spec.ingress ?? [])))),
        evidence(
          service,
          'spec.externalTrafficPolicy',
          `${externalTrafficPolicy ?? 'Cluster'}: the source address becomes that of the node (SNAT)`,
        ),
        ...nodes
          .slice(0, 2)
          .map((node) =>
            evidence(node, 'status.addresses', (node.status?.addresses ?? []).map(({ address }) => address).join(', ')),
          ),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'service',
            service.metadata.name,
            '-n',
            service.metadata.namespace ?? '',
            '-o',
            'jsonpath={.spec.externalTrafficPolicy}',
          ),
          externalTrafficPolicy ?? 'Cluster',
        ),
      ],
      fix: rewritten
        ? {
            explain:
              'Keep the client’s address with externalTrafficPolicy: Local (nodes without a Pod then take no traffic), or admit the nodes’ addresses as well.',
            patch: { object: service, type: 'merge', body: { spec: { externalTrafficPolicy: 'Local' } } },
          }
        : {
            explain:
              'Where clients from outside are meant to come in, add an ingress rule with an ipBlock for them, and set externalTrafficPolicy: Local so that their addresses are seen.',
          },
    });
  },
});
