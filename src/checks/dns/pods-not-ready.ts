import { formatLabels } from '../../k8s/labels.ts';
import { addressesOf } from '../../snapshot/cluster-dns.ts';
import { dnsOutage, formatAiling, serverName } from '../../snapshot/dns-outage.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/pods-not-ready',
  title: 'No Pod of the cluster DNS is ready',
  why: 'The DNS Service forwards only to ready Pods. They run, but their readiness probe fails or their node is lost: CoreDNS is ready once every plugin is, the kubernetes plugin above all.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/replicas-disagree'],
  needs: ['clusterDns'],
  uses: ['nodes', 'logs'],
  evaluate({ clusterDns, nodes, logs }) {
    if (!clusterDns.service) return notApplicable('no Service of a cluster DNS is to be seen');
    const outage = dnsOutage(clusterDns, nodes, logs);
    if (outage?.kind !== 'not-ready') return passed('a DNS Pod is ready');
    const { service, ailing, said } = outage;
    const nodesLost = ailing.flatMap(({ trouble }) => (trouble?.kind === 'node' ? [trouble.node] : []));
    const young = ailing.length > 0 && ailing.every(({ trouble }) => trouble?.kind === 'starting');
    const what =
      ailing.length === 0
        ? 'its EndpointSlices list none of them as ready, though they are'
        : nodesLost.length > 0
          ? `they run on ${[...new Set(nodesLost)].join(', ')}, which is not reporting (NotReady)`
          : (said?.line ?? ailing.map(({ trouble }) => trouble?.message).find(Boolean) ?? formatAiling(ailing));
    return problem({
      certainty: young ? 'likely' : 'certain',
      summary: `${service.metadata.name} ${addressesOf(service).join(',')} has no ready ${serverName(clusterDns)} Pod: ${what.slice(0, 130)}`,
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
        confirm(
          kubectl('get', 'pods', '-n', clusterDns.namespace, '-l', formatLabels(service.spec.selector), '-o', 'wide'),
          '0/1 for each Pod',
        ),
      ],
      fix: {
        explain:
          nodesLost.length > 0
            ? 'Bring the node back, or delete the Pods there so that they start on another one.'
            : 'Read the log: CoreDNS says which plugin it waits for; for kubernetes that is the connection to the API server or a permission.',
        commands: [kubectl('logs', '-n', clusterDns.namespace, '-l', formatLabels(service.spec.selector), '--tail=20')],
      },
    });
  },
});
