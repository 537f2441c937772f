import { serverName } from '../../snapshot/dns-outage.ts';
import { confirm, defineCheck, kubectl, problem } from '../define.ts';
import { ofDnsOutage, onOutage, outageEvidence, shortened } from './dns-server-outage.ts';

export default defineCheck({
  id: 'dns/pods-pending',
  title: 'The cluster DNS waits for a node',
  why: 'DNS Pods need a node like any others. Taints without a toleration, too little CPU or memory, or a network plugin that never made the nodes ready keep them Pending, and no name resolves in the cluster.',
  ...ofDnsOutage,
  evaluate: onOutage('pending', 'no DNS Pod waits for a node', (outage, dns) => {
    const pending = outage.ailing.filter(({ trouble }) => trouble?.kind === 'unschedulable');
    const reason = pending.map(({ trouble }) => trouble?.message).find(Boolean) ?? '';
    const network = /not-ready|network-unavailable/.test(reason);
    return problem({
      certainty: 'certain',
      summary: `${pending.length} of ${dns.pods.length} ${serverName(dns)} Pods are Pending, none runs${reason ? `: ${shortened(reason, 140)}` : ''}`,
      evidence: outageEvidence(outage),
      confirm: [
        confirm(
          kubectl('get', 'events', '-n', dns.namespace, '--field-selector=reason=FailedScheduling'),
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
  }),
});
