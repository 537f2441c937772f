import { endpointsIn, isExternalName, isHeadless, isReadyEndpoint } from '../../k8s/endpoints.ts';
import type { EndpointSlice } from '../../k8s/objects.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/internal-traffic-policy-local',
  title: 'internalTrafficPolicy: Local, and nothing local on the node that calls',
  why: 'With internalTrafficPolicy: Local, kube-proxy forwards in-cluster traffic only to Pods on the client’s own node. A node without one does not fall back to another: it drops the packets, so the client waits until its timeout. Clients on other nodes work.',
  impact: 'breaks',
  explains: [
    'dataplane/kube-proxy-rules',
    'dataplane/hairpin',
    'dataplane/stale-conntrack',
    'dataplane/overlay-between-nodes',
  ],
  needs: ['service', 'slices'],
  uses: ['client', 'nodes', 'workloads'],
  evaluate({ service, slices, client, nodes = [], workloads = [] }) {
    if (isExternalName(service) || isHeadless(service))
      return notApplicable('without a virtual address there is no traffic policy');
    if (service.spec.internalTrafficPolicy !== 'Local')
      return passed('internalTrafficPolicy is Cluster: any node will do');
    const local = servingNodesOf(slices);
    if (local.length === 0) return passed('nothing is ready anywhere: that comes first');
    const { name, namespace = '' } = service.metadata;
    const change = {
      confirm: allOf([
        confirm(
          kubectl('get', 'endpointslices', '-n', namespace, '-l', `kubernetes.io/service-name=${name}`, '-o', 'yaml'),
          `nodeName: ${local.join(', ')} and no other`,
        ),
      ]),
      fix: {
        explain:
          'Let traffic leave the node again. Where it must stay local, run the workload as a DaemonSet, so that each node has a Pod.',
        patch: { object: service, type: 'merge' as const, body: { spec: { internalTrafficPolicy: 'Cluster' } } },
      },
    };
    const policy = evidence(
      service,
      'spec.internalTrafficPolicy',
      'Local: kube-proxy drops what has no Pod on the same node',
    );
    const serving = evidence(slices[0] ?? service, 'endpoints.nodeName', `ready on ${local.join(', ')} only`);
    if (!client) {
      const bare = nodes
        .filter(
          ({ spec }) =>
            !spec?.unschedulable && !(spec?.taints ?? []).some(({ effect }) => effect !== 'PreferNoSchedule'),
        )
        .map(({ metadata }) => metadata.name)
        .filter((node) => !local.includes(node));
      const everywhere = workloads.some(
        ({ kind, spec }) =>
          kind === 'DaemonSet' &&
          Object.entries(service.spec.selector ?? {}).every(
            ([key, value]) => spec.template?.metadata?.labels?.[key] === value,
          ),
      );
      if (bare.length === 0 || everywhere) return passed(`each node that takes Pods has one: ${local.join(', ')}`);
      return problem({
        certainty: 'certain',
        impact: 'risks',
        summary: `internalTrafficPolicy is Local and ${name} runs on ${local.join(', ')} only: clients on ${bare.slice(0, 3).join(', ')}${bare.length > 3 ? ` and ${bare.length - 3} more` : ''} get no answer`,
        evidence: allOf([policy, serving]),
        ...change,
      });
    }
    const placed = client.pods.filter(({ spec }) => spec.nodeName !== undefined && spec.nodeName !== '');
    const cut = placed.filter(({ spec }) => !local.includes(spec.nodeName ?? ''));
    const [first] = cut;
    if (!first) return passed(`each client Pod has one on its own node: ${local.join(', ')}`);
    const stranded = [...new Set(cut.map(({ spec }) => spec.nodeName ?? ''))];
    return problem({
      certainty: 'certain',
      ...(cut.length < placed.length ? { impact: 'degrades' } : {}),
      summary: `internalTrafficPolicy is Local: ${client.object.metadata.name} calls from ${stranded.join(', ')}, and ${name} runs on ${local.join(', ')} only`,
      evidence: allOf([
        policy,
        serving,
        ...cut
          .slice(0, 3)
          .map((pod) => evidence(pod, 'spec.nodeName', `${pod.spec.nodeName}: no Pod of ${name} there`)),
      ]),
      ...change,
    });
  },
});

/** Nodes with an endpoint that kube-proxy uses: a ready one or, where a node has none, one that serves while it terminates. */
const servingNodesOf = (slices: readonly EndpointSlice[]): readonly string[] => [
  ...new Set(
    endpointsIn(slices)
      .filter(
        ({ endpoint }) =>
          isReadyEndpoint(endpoint) ||
          (endpoint.conditions?.terminating === true && endpoint.conditions.serving === true),
      )
      .map(({ endpoint }) => endpoint.nodeName ?? '')
      .filter((node) => node !== ''),
  ),
];
