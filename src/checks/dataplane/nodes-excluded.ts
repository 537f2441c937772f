import { endpointsIn, isReadyEndpoint } from '../../k8s/endpoints.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';
import type { Pod } from '../../k8s/objects.ts';

const label = 'node.kubernetes.io/exclude-from-external-load-balancers';

export default defineCheck({
  id: 'dataplane/nodes-excluded',
  title: 'Every node is excluded from load balancers',
  why: 'Cloud load balancers and MetalLB leave out nodes with the label node.kubernetes.io/exclude-from-external-load-balancers, which kubeadm puts on control planes. Where those are all the nodes there are, the address is given, and no node takes its traffic.',
  impact: 'breaks',
  needs: ['service', 'nodes'],
  uses: ['slices', 'client', 'networkAgents'],
  evaluate({ service, nodes, slices = [], client, networkAgents }) {
    const { type, externalTrafficPolicy } = service.spec;
    if (type !== 'LoadBalancer') return notApplicable('the Service asks for no load balancer');
    if (client) return notApplicable('the client is inside, where no load balancer is needed');
    const agents = networkAgents?.pods ?? [];
    const speakers = agents.filter(isSpeaker);
    const cloud = nodes.some(({ spec }) =>
      /^(aws|gce|azure|openstack|digitalocean|hcloud):/.test(spec?.providerID ?? ''),
    );
    if ((speakers.length === 0 && !cloud) || speakers.some(ignoresTheLabel))
      return notApplicable('nothing here is known to heed the label that excludes nodes from load balancers');
    const serving = new Set(
      endpointsIn(slices)
        .filter(({ endpoint }) => isReadyEndpoint(endpoint))
        .map(({ endpoint }) => endpoint.nodeName),
    );
    // With externalTrafficPolicy Local only the nodes that have a Pod come into question.
    const local = externalTrafficPolicy === 'Local' && serving.size > 0;
    const eligible = local ? nodes.filter(({ metadata }) => serving.has(metadata.name)) : nodes;
    const excluded = eligible.filter(({ metadata }) => metadata.labels?.[label] !== undefined);
    if (eligible.length === 0 || excluded.length < eligible.length)
      return passed('not every node is excluded from load balancers');
    const names = excluded.map(({ metadata }) => metadata.name);
    return problem({
      certainty: speakers.length > 0 ? 'certain' : 'likely',
      summary: `${names.slice(0, 4).join(', ')} ${names.length === 1 ? 'is' : 'are'} labelled ${label}, and ${local ? `${service.metadata.name} runs on no other node` : 'there is no other node'}`,
      evidence: allOf([
        ...excluded
          .slice(0, 4)
          .map((node) =>
            evidence(node, `metadata.labels["${label}"]`, node.metadata.labels?.[label] || '(set, empty)'),
          ),
        ...(local ? [evidence(service, 'spec.externalTrafficPolicy', 'Local')] : []),
        ...speakers
          .slice(0, 1)
          .map((pod) => evidence(pod, 'metadata.name', 'MetalLB’s speaker, which heeds the label')),
      ]),
      confirm: [confirm(kubectl('get', 'nodes', '-l', label), names.join(', '))],
      fix: {
        explain: `Take the label from a node that shall take traffic from outside${speakers.length > 0 ? ', or start MetalLB’s speaker with --ignore-exclude-lb' : ''}.`,
        commands: names.slice(0, 1).map((name) => kubectl('label', 'node', name, `${label}-`)),
      },
    });
  },
});

const isSpeaker = ({ metadata }: Pod): boolean =>
  metadata.namespace === 'metallb-system' && /speaker/.test(`${metadata.name} ${metadata.labels?.['component'] ?? ''}`);

const ignoresTheLabel = ({ spec }: Pod): boolean =>
  spec.containers.some(({ args = [] }) => args.some((arg) => /^--ignore-exclude-lb(=true)?$/.test(arg)));
