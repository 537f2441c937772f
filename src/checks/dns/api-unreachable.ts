import { addressesOf } from '../../snapshot/cluster-dns.ts';
import { dnsOutage } from '../../snapshot/dns-outage.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/api-unreachable',
  title: 'CoreDNS does not reach the API server',
  why: 'CoreDNS learns Services from the API server, through the address of the Service kubernetes. While it cannot connect it is not ready, and whatever keeps it away (kube-proxy, the Pod network, a firewall) is the real fault.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/replicas-disagree'],
  needs: ['clusterDns'],
  uses: ['nodes', 'logs'],
  evaluate({ clusterDns, nodes, logs }) {
    if (!clusterDns.service) return notApplicable('no Service of a cluster DNS is to be seen');
    const outage = dnsOutage(clusterDns, nodes, logs);
    if (outage?.kind !== 'api-unreachable') return passed('no log of CoreDNS speaks of an unreachable API server');
    const { service, ailing, said } = outage;
    const address =
      /(?:dial tcp|https?:\/\/)\s*"?(\[?[\d.:a-f]+\]?:\d+)/i.exec(said?.line ?? '')?.[1] ?? 'the API server';
    return problem({
      certainty: 'certain',
      summary: `CoreDNS cannot connect to the API server at ${address}, so none of its ${ailing.length} Pods is ready and ${service.metadata.name} answers nobody`,
      evidence: allOf([
        ...(said ? [evidence(said.pod, 'log', said.line)] : []),
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
        confirm(kubectl('logs', '-n', clusterDns.namespace, said?.pod.metadata.name ?? ''), `dial tcp ${address}`),
      ],
      fix: {
        explain:
          'Restore the path from the Pod network to the API server: kube-proxy on the nodes of CoreDNS, the network plugin, and firewalls towards the control plane; CoreDNS recovers by itself.',
        commands: [kubectl('get', 'pods', '-n', clusterDns.namespace, '-o', 'wide')],
      },
    });
  },
});
