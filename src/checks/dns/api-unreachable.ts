import { confirm, defineCheck, kubectl, problem } from '../define.ts';
import { ofDnsOutage, onOutage, outageEvidence } from './dns-server-outage.ts';

export default defineCheck({
  id: 'dns/api-unreachable',
  title: 'CoreDNS does not reach the API server',
  why: 'CoreDNS learns Services from the API server, through the address of the Service kubernetes. While it cannot connect it is not ready, and whatever keeps it away (kube-proxy, the Pod network, a firewall) is the real fault.',
  ...ofDnsOutage,
  evaluate: onOutage('api-unreachable', 'no log of CoreDNS speaks of an unreachable API server', (outage, dns) => {
    const { service, ailing, said } = outage;
    const address =
      /(?:dial tcp|https?:\/\/)\s*"?(\[?[\d.:a-f]+\]?:\d+)/i.exec(said?.line ?? '')?.[1] ?? 'the API server';
    return problem({
      certainty: 'certain',
      summary: `CoreDNS cannot connect to the API server at ${address}, so none of its ${ailing.length} Pods is ready and ${service.metadata.name} answers nobody`,
      evidence: outageEvidence(outage),
      confirm: [confirm(kubectl('logs', '-n', dns.namespace, said?.pod.metadata.name ?? ''), `dial tcp ${address}`)],
      fix: {
        explain:
          'Restore the path from the Pod network to the API server: kube-proxy on the nodes of CoreDNS, the network plugin, and firewalls towards the control plane; CoreDNS recovers by itself.',
        commands: [kubectl('get', 'pods', '-n', dns.namespace, '-o', 'wide')],
      },
    });
  }),
});
