import { textOf } from '../../k8s/events.ts';
import { askedDnsOf } from '../../k8s/names.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/missing-cluster-dns',
  title: 'kubelet of the client’s node knows no cluster DNS',
  why: 'Without clusterDNS in its configuration kubelet cannot honour ClusterFirst: it falls back to the node’s resolver, and says so in an event MissingClusterDNS for every Pod it starts.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/wrong-nameserver'],
  needs: ['client', 'clientEvents'],
  uses: ['clusterDns'],
  evaluate({ client, clientEvents, clusterDns }) {
    if (askedDnsOf(client.spec) !== 'cluster') return notApplicable('the client does not ask the cluster DNS');
    const names = client.pods.map(({ metadata }) => metadata.name);
    const said = clientEvents.find(
      ({ reason, involvedObject, regarding }) =>
        reason === 'MissingClusterDNS' && names.includes((involvedObject ?? regarding)?.name ?? ''),
    );
    const pod = client.pods.find(({ metadata }) => metadata.name === (said?.involvedObject ?? said?.regarding)?.name);
    if (!said || !pod) return passed('kubelet reports no missing cluster DNS');
    const address = clusterDns?.addresses[0];
    const node = pod.spec.nodeName ?? '';
    return problem({
      certainty: 'certain',
      summary: `kubelet on ${node} has no clusterDNS (MissingClusterDNS), so ${client.name.name} asks the node’s resolver instead of ${address ?? 'the cluster DNS'}`,
      evidence: allOf([
        evidence(said, 'message', `MissingClusterDNS: ${textOf(said)}`),
        evidence(pod, 'spec.nodeName', node),
        ...(clusterDns?.service
          ? [evidence(clusterDns.service, 'spec.clusterIP', clusterDns.addresses.join(','))]
          : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'events', '-n', client.namespace, '--field-selector=reason=MissingClusterDNS'),
          'Falling back to "Default" policy',
        ),
      ],
      fix: {
        explain: `Set clusterDNS: [${address ?? 'the address of kube-dns'}] and clusterDomain in the kubelet configuration of ${node}, restart kubelet and replace its Pods.`,
      },
    });
  },
});
