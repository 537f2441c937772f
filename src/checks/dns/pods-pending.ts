import { addressesOf } from '../../snapshot/cluster-dns.ts';
import { dnsOutage, serverName } from '../../snapshot/dns-outage.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/pods-pending',
  title: 'The cluster DNS waits for a node',
  why: 'DNS Pods need a node like any others. Taints without a toleration, too little CPU or memory, or a network plugin that never made the nodes ready keep them Pending, and no name resolves in the cluster.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/replicas-disagree'],
  needs: ['clusterDns'],
  uses: ['nodes', 'logs'],
  evaluate({ clusterDns, nodes, logs }) {
    if (!clusterDns.service) return notApplicable('no Service of a cluster DNS is to be seen');
    const outage = dnsOutage(clusterDns, nodes, logs);
    if (outage?.kind !== 'pending') return passed('no DNS Pod waits for a node');
    const { service, ailing } = outage;
    const pending = ailing.filter(({ trouble }) => trouble?.kind === 'unschedulable');
    const reason = pending.map(({ trouble }) => trouble?.message).find(Boolean) ?? '';
    const network = /not-ready|network-unavailable/.test(reason);
    return problem({
      certainty: 'certain',
      summary: `${pending.length} of ${clusterDns.pods.length} ${serverName(clusterDns)} Pods are Pending, none runs${reason ? `: ${reason.slice(0, 120)}` : ''}`,
      evidence: allOf([
        ...ailing
          .slice(0, 4)
          .map(({ pod, trouble }) =>
            evidence(
              pod,
              'status',
              `${trouble?.reason ?? 'not ready'}${trouble?.message ? `: ${trouble.message.slice(0, 200)}` : ''}`,
            ),
          ),
        evidence(service, 'spec.clusterIP', `${addressesOf(service).join(',')}: 0 of ${ailing.length} Pods are ready`),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'events', '-n', clusterDns.namespace, '--field-selector=reason=FailedScheduling'),
          reason.slice(0, 80) || 'FailedScheduling',
        ),
      ],
      fix: {
        explain: network
          ? 'The nodes are not ready yet, most often since no network plugin (CNI) is installed: install it, and CoreDNS starts by itself.'
          : 'Make room for the Pods: free CPU or memory, add a node, or give the workload a toleration for the taint that the scheduler names.',
        commands: [kubectl('describe', 'nodes')],
      },
    });
  },
});
