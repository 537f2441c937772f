import { endpointsIn, isReadyEndpoint } from '../../k8s/endpoints.ts';
import { askedDnsOf } from '../../k8s/names.ts';
import { confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/local-traffic-policy',
  title: 'The DNS Service answers only on nodes with a DNS Pod of their own',
  why: 'With internalTrafficPolicy: Local, kube-proxy hands a question to a Pod on the same node and to no other. On a node without one it is dropped: lookups time out there, and work elsewhere.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/udp-blocked'],
  needs: ['clusterDns'],
  uses: ['client', 'nodes'],
  evaluate({ clusterDns: dns, client, nodes = [] }) {
    const { service } = dns;
    if (service?.spec.internalTrafficPolicy !== 'Local') return passed('every DNS Pod may answer every node');
    const ready = endpointsIn(dns.slices).filter(({ endpoint }) => isReadyEndpoint(endpoint));
    if (ready.length === 0) return notApplicable('no DNS Pod is ready anywhere');
    if (client && askedDnsOf(client.spec) !== 'cluster')
      return notApplicable('the client does not ask the cluster DNS');
    const serving = new Set(ready.map(({ endpoint }) => endpoint.nodeName));
    const concerned = client
      ? client.pods.map(({ spec }) => spec.nodeName)
      : nodes.map(({ metadata }) => metadata.name);
    const without = [...new Set(concerned)].filter((node) => node !== undefined && !serving.has(node));
    if (without.length === 0) return passed('a DNS Pod runs on every node concerned');
    const { name } = service.metadata;
    const some = concerned.some((node) => serving.has(node ?? ''));
    return problem({
      certainty: 'certain',
      ...(some || !client ? { impact: 'degrades' } : {}),
      summary: `${name} has internalTrafficPolicy Local, and no DNS Pod runs on ${without.join(', ')}: questions from there are dropped`,
      evidence: [
        evidence(service, 'spec.internalTrafficPolicy', 'Local'),
        ...dns.slices.slice(0, 1).map((slice) => evidence(slice, 'endpoints.nodeName', [...serving].join(', '))),
        ...(client?.pods ?? []).slice(0, 2).map((pod) => evidence(pod, 'spec.nodeName', pod.spec.nodeName ?? '')),
      ],
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', dns.namespace, '-o', 'jsonpath={.spec.internalTrafficPolicy}'),
          'Local',
        ),
      ],
      fix: {
        explain: 'Set internalTrafficPolicy: Cluster, or run a DNS Pod on every node (a DaemonSet).',
        patch: { object: service, type: 'merge', body: { spec: { internalTrafficPolicy: 'Cluster' } } },
      },
    });
  },
});
