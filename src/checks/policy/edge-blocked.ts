import { destinationsOf } from '../../k8s/destinations.ts';
import { judge, policyEndOf, formatPeerMiss, formatPortMiss } from '../../k8s/network-policy.ts';
import { lastingLabelsOf, peerFor, policyPortFor, policyThatAdmits } from '../../k8s/network-policy-changes.ts';
import { formatLabels } from '../../k8s/labels.ts';
import { topOwnerOf } from '../../k8s/workloads.ts';
import type { GatewayRoute, Ingress, KubeObject, Service } from '../../k8s/objects.ts';
import { isReady } from '../../k8s/pods.ts';
import { createCommand, namesOf } from '../blocked-by-policy.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'policy/edge-blocked',
  title: 'A NetworkPolicy keeps the ingress controller out',
  why: 'Traffic from outside reaches the Pods from the ingress controller or gateway, which runs in a namespace of its own. A policy that admits only Pods of the same namespace shuts it out: the site answers 502, 503 or 504 while calls within the namespace work.',
  impact: 'degrades',
  needs: ['service', 'slices', 'pods', 'networkPolicies', 'edgePods'],
  uses: ['ingresses', 'routes', 'namespaces', 'workloads'],
  evaluate({
    service,
    slices,
    pods,
    networkPolicies,
    edgePods,
    ingresses = [],
    routes = [],
    namespaces = [],
    workloads = [],
  }) {
    const [route] = routesTo(service, ingresses, routes);
    if (!route) return notApplicable('no Ingress or route leads to the Service');
    const edges = edgePods
      .filter(isReady)
      .filter((pod) => !pods.includes(pod) || pod.metadata.namespace !== service.metadata.namespace);
    if (edges.length === 0) return passed('no ingress controller or gateway Pod is known in another namespace');
    const attempts = edges.flatMap((edge) =>
      destinationsOf(service, slices, pods).flatMap((destination) =>
        destination.pod
          ? [
              {
                edge,
                destination,
                pod: destination.pod,
                judgement: judge(
                  'Ingress',
                  {
                    from: policyEndOf(edge, namespaces),
                    to: policyEndOf(destination.pod, namespaces, destination.address),
                    port: destination.port,
                    protocol: destination.protocol,
                  },
                  networkPolicies,
                ),
              },
            ]
          : [],
      ),
    );
    const [first] = attempts;
    if (!first || attempts.some(({ judgement }) => judgement.allowed))
      return passed(`${first?.edge.metadata.name ?? 'the controller'} is admitted`);
    const { edge, destination, pod, judgement } = first;
    const [miss] = judgement.misses;
    const policy = miss?.policy ?? judgement.isolating[0];
    const server = topOwnerOf(pod, workloads);
    const namespace = service.metadata.namespace ?? '';
    return problem({
      certainty: 'likely',
      summary: `${namesOf(judgement.isolating)} keeps ${edge.metadata.namespace}/${edge.metadata.name} out, through which ${route.kind} ${route.metadata.name} leads to ${service.metadata.name}`,
      evidence: allOf([
        ...judgement.isolating
          .slice(0, 3)
          .map((each) => evidence(each, 'spec.ingress', JSON.stringify(each.spec.ingress ?? []))),
        ...(miss && policy
          ? [
              evidence(
                policy,
                `spec.ingress[${miss.rule}]`,
                [...miss.peer.map(formatPeerMiss), ...(miss.port ? [formatPortMiss(miss.port)] : [])].join('; '),
              ),
            ]
          : []),
        evidence(
          edge,
          'metadata.labels',
          `${formatLabels(edge.metadata.labels)}, in namespace ${edge.metadata.namespace}`,
        ),
        evidence(route, 'spec', `leads to ${service.metadata.name}`),
        evidence(service, 'spec.ports', `${destination.servicePort.port} → Pod port ${destination.port}`),
      ]),
      confirm: [
        confirm(
          kubectl('describe', 'networkpolicy', '-n', namespace),
          `no "From" that matches namespace ${edge.metadata.namespace}`,
        ),
      ],
      fix: {
        explain: `Add a NetworkPolicy that admits the controller from namespace ${edge.metadata.namespace}.`,
        commands: [
          createCommand(
            policyThatAdmits(
              'Ingress',
              `allow-${edge.metadata.namespace}-to-${service.metadata.name}`,
              namespace,
              lastingLabelsOf(pod, server),
              [
                {
                  peers: [peerFor(edge, lastingLabelsOf(edge, undefined), namespace)],
                  ports: [policyPortFor(destination.servicePort, destination.port, destination.protocol)],
                },
              ],
            ),
          ),
        ],
      },
    });
  },
});

/** Load balancers outside the cluster that serve an Ingress by themselves: no controller Pod is on the way. */
const outsideControllers = /^(alb|gce|azure|oci)/;

function routesTo(
  { metadata }: Service,
  ingresses: readonly Ingress[],
  routes: readonly GatewayRoute[],
): readonly KubeObject[] {
  return [
    ...ingresses.filter(
      ({ spec, metadata: of }) =>
        of.namespace === metadata.namespace &&
        !outsideControllers.test(spec.ingressClassName ?? '') &&
        (spec.defaultBackend?.service?.name === metadata.name ||
          (spec.rules ?? []).some(({ http }) =>
            (http?.paths ?? []).some(({ backend }) => backend.service?.name === metadata.name),
          )),
    ),
    ...routes.filter((route) =>
      (route.spec.rules ?? []).some(({ backendRefs }) =>
        (backendRefs ?? []).some(
          (ref) =>
            ref.name === metadata.name &&
            (ref.namespace ?? route.metadata.namespace) === metadata.namespace &&
            (ref.kind ?? 'Service') === 'Service',
        ),
      ),
    ),
  ];
}
