import { addressesOf } from '../../snapshot/cluster-dns.ts';
import { dnsOutage, formatAiling, serverName } from '../../snapshot/dns-outage.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/pods-cannot-start',
  title: 'The cluster DNS cannot start',
  why: 'The containers of the DNS Pods cannot be created: an image that cannot be pulled, a ConfigMap that is missing, a sandbox without a network. No name resolves in the cluster until one starts.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/replicas-disagree'],
  needs: ['clusterDns'],
  uses: ['nodes', 'logs'],
  evaluate({ clusterDns, nodes, logs }) {
    if (!clusterDns.service) return notApplicable('no Service of a cluster DNS is to be seen');
    const outage = dnsOutage(clusterDns, nodes, logs);
    if (outage?.kind !== 'cannot-start') return passed('the DNS Pods have started');
    const { service, ailing } = outage;
    const [first] = ailing.filter(({ trouble }) => trouble && trouble.kind !== 'probe' && trouble.kind !== 'starting');
    const trouble = first?.trouble;
    const image = trouble?.kind === 'image' ? trouble.image : undefined;
    return problem({
      certainty: 'certain',
      summary: `No ${serverName(clusterDns)} Pod can start: ${formatAiling(ailing)}${image ? ` for ${image}` : trouble?.message ? `, ${trouble.message.slice(0, 100)}` : ''}`,
      evidence: allOf([
        ...(image && first ? [evidence(first.pod, 'spec.containers.image', image)] : []),
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
          kubectl('describe', 'pod', first?.pod.metadata.name ?? '', '-n', clusterDns.namespace),
          trouble?.reason ?? 'the reason among its events',
        ),
      ],
      fix: {
        explain: image
          ? 'Point the workload at an image that the nodes can pull: check the tag, the registry and its credentials.'
          : 'Mend what the message names; the Pods start by themselves afterwards.',
        commands:
          image && clusterDns.workloads[0]
            ? [
                kubectl(
                  'get',
                  clusterDns.workloads[0].kind.toLowerCase(),
                  clusterDns.workloads[0].metadata.name,
                  '-n',
                  clusterDns.namespace,
                  '-o',
                  'wide',
                ),
              ]
            : [],
      },
    });
  },
});
