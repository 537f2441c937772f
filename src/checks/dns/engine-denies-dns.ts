import { judgeEngines, nameOfPolicy } from '../../k8s/engine-policies.ts';
import { formatLabels } from '../../k8s/labels.ts';
import { askedDnsOf, parseResolvConf } from '../../k8s/names.ts';
import { policyEndOf } from '../../k8s/network-policy.ts';
import { formatRef, refArgs, refTo } from '../../k8s/references.ts';
import { askedAt, dnsPaths, podFor, serversAsked } from '../../snapshot/dns-policy.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/engine-denies-dns',
  title: 'A policy of Cilium, Calico or an administrator keeps questions from the DNS',
  why: 'A CiliumNetworkPolicy with egress, or a policy of Calico with type Egress, closes the Pods that it selects but for its rules, and their questions for names are egress too. Without a rule for the DNS Pods on port 53 every name times out, also those of Services that the policy admits.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/udp-blocked'],
  needs: ['client', 'clusterDns', 'networkPolicies'],
  uses: ['otherPolicies', 'namespaces', 'resolvConfs', 'lookups'],
  evaluate({
    client,
    clusterDns: dns,
    networkPolicies,
    otherPolicies = [],
    namespaces = [],
    resolvConfs = [],
    lookups = [],
  }) {
    const pod = podFor(client);
    if (otherPolicies.length === 0) return notApplicable('there are no policies of Cilium, Calico or an administrator');
    if (!dns.service || askedDnsOf(client.spec) === 'node')
      return notApplicable('the client does not ask the cluster DNS');
    const conf = resolvConfs.find(({ pod: { name } }) => name === pod.metadata.name);
    const given = conf ? parseResolvConf(conf.text).nameservers : (dns.kubeletServers?.value ?? []);
    const asked = askedAt(dns, pod, given);
    if (asked.caches.length > 0 || !asked.pods) return notApplicable('the client asks a cache on its node');
    if (
      lookups.some(({ from, outcome }) => 'pod' in from && from.pod.name === pod.metadata.name && outcome !== 'timeout')
    )
      return passed('the DNS answers the client');
    const judged = (['Egress', 'Ingress'] as const).flatMap((direction) =>
      dnsPaths(direction, pod, dns, serversAsked(dns), networkPolicies, namespaces)
        .filter(({ protocol }) => protocol === 'UDP')
        .map(({ server, port, protocol, judgement }) => ({
          server,
          port,
          direction,
          ...judgeEngines(
            { from: policyEndOf(pod, namespaces), to: policyEndOf(server, namespaces), port, protocol },
            otherPolicies,
            judgement,
          ),
        })),
    );
    const denied = judged.flatMap((each) => (each.verdict === 'denied' ? [each] : []));
    const [first] = denied;
    // One way that is open, or not judged, is enough to keep silent.
    const shut =
      first && judged.every(({ direction, verdict }) => direction !== first.direction || verdict === 'denied');
    if (!first || !shut) return passed('none of those policies that are understood here keeps the client from the DNS');
    const { by, field, because, port, server } = first;
    const what = nameOfPolicy(by);
    return problem({
      certainty: 'likely',
      summary: `${what} lets ${client.name.name} send no question to port ${port} of the cluster DNS: ${because}`,
      evidence: allOf([
        evidence(by, field, JSON.stringify(by.spec ?? {}).slice(0, 240)),
        evidence(pod, 'metadata.labels', `${formatLabels(pod.metadata.labels)}, in namespace ${client.namespace}`),
        evidence(server, 'metadata.labels', `${formatLabels(server.metadata.labels)}, in namespace ${dns.namespace}`),
      ]),
      confirm: [confirm(kubectl('get', ...refArgs(refTo(by)), '-o', 'yaml'), 'no rule for the DNS Pods on port 53')],
      fix: {
        explain: `Add a rule to ${formatRef(refTo(by))} that lets these Pods reach ${formatLabels(dns.service.spec.selector)} in ${dns.namespace} on port ${port}, over UDP and TCP.`,
      },
    });
  },
});
