import { endpointsIn, isReadyEndpoint } from '../../k8s/endpoints.ts';
import { topWorkloads } from '../../k8s/workloads.ts';
import { includesLabels } from '../../k8s/labels.ts';
import { connected, formatSource, formatSocket } from '../../snapshot/tried-paths.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/external-traffic-policy-local',
  title: 'externalTrafficPolicy: Local, and nodes without a Pod',
  why: 'With externalTrafficPolicy: Local a node forwards traffic from outside only to Pods of its own, which keeps the client’s address. Nodes without one drop it: node ports time out there, and a load balancer has to find out by the healthCheckNodePort.',
  impact: 'degrades',
  explains: ['dataplane/overlay-between-nodes'],
  needs: ['service', 'slices', 'nodes'],
  uses: ['workloads', 'triedPaths', 'client'],
  evaluate({ service, slices, nodes, workloads = [], triedPaths = [], client }) {
    const { name, namespace = '' } = service.metadata;
    const { type, externalTrafficPolicy, healthCheckNodePort, selector, ports } = service.spec;
    if (type !== 'NodePort' && type !== 'LoadBalancer') return notApplicable('nothing comes in from outside');
    if (externalTrafficPolicy !== 'Local') return passed('externalTrafficPolicy is Cluster: any node will do');
    const local = new Set(
      endpointsIn(slices)
        .filter(({ endpoint }) => isReadyEndpoint(endpoint))
        .map(({ endpoint }) => endpoint.nodeName),
    );
    if (local.size === 0) return passed('nothing is ready anywhere: that comes first');
    const bare = nodes.filter(({ metadata }) => !local.has(metadata.name));
    if (bare.length === 0) return passed('every node has a Pod to forward to');
    const dropped = triedPaths.filter((path) => path.to === 'node-port' && !connected(path));
    const daemon = topWorkloads(workloads).some(
      ({ kind, spec }) => kind === 'DaemonSet' && includesLabels(spec.template?.metadata?.labels, selector ?? {}),
    );
    if (client && dropped.length === 0)
      return passed('externalTrafficPolicy is Local, which is about traffic from outside: the client is inside');
    const names = bare.map(({ metadata }) => metadata.name);
    if (daemon && dropped.length === 0)
      return passed(`a DaemonSet decides which nodes serve; ${names.join(', ')} does not`);
    const serving = [...local].join(', ');
    const nodePorts = (ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : []));
    return problem({
      certainty: 'certain',
      ...(dropped.length > 0 ? {} : { impact: 'risks' }),
      summary: `externalTrafficPolicy is Local and ${name} runs on ${serving} only: traffic from outside that enters at ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''} is dropped`,
      evidence: allOf([
        evidence(service, 'spec.externalTrafficPolicy', 'Local: a node forwards to its own Pods only'),
        evidence(slices[0] ?? service, 'endpoints.nodeName', `ready on ${serving} only`),
        ...bare
          .slice(0, 3)
          .map((node) =>
            evidence(
              node,
              'status.addresses',
              `${node.status?.addresses?.[0]?.address ?? node.metadata.name}: no Pod of ${name}${nodePorts.length > 0 ? `, node port ${nodePorts.join(', ')} drops` : ''}`,
            ),
          ),
        ...(healthCheckNodePort
          ? [
              evidence(
                service,
                'spec.healthCheckNodePort',
                `${healthCheckNodePort}: answers 503 on such nodes, for the load balancer to see`,
              ),
            ]
          : []),
        ...dropped
          .slice(0, 3)
          .map((path) =>
            evidence(
              path.from ?? service,
              'connect',
              `${formatSource(path)} to ${formatSocket(path)}: ${path.connect.outcome}`,
            ),
          ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'endpointslices', '-n', namespace, '-l', `kubernetes.io/service-name=${name}`, '-o', 'yaml'),
          `nodeName: ${serving} and no other`,
        ),
      ],
      fix: {
        explain:
          'Let every node forward; the Pods then see the node’s address instead of the client’s. To keep that address, run a Pod on each node that takes traffic, or have the load balancer check the healthCheckNodePort.',
        patch: { object: service, type: 'merge', body: { spec: { externalTrafficPolicy: 'Cluster' } } },
      },
    });
  },
});
