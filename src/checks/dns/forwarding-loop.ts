import { linesOf } from '../../k8s/corefile.ts';
import { addressesOf } from '../../snapshot/cluster-dns.ts';
import { dnsOutage, formatAiling } from '../../snapshot/dns-outage.ts';
import {
  allOf,
  confirm,
  defineCheck,
  evidence,
  kubectl,
  notApplicable,
  passed,
  problem,
  restartOf,
} from '../define.ts';

export default defineCheck({
  id: 'dns/forwarding-loop',
  title: 'CoreDNS forwards to itself and exits',
  why: 'CoreDNS hands names it does not know to the nameserver in its own /etc/resolv.conf, which is the node’s. Where that is a stub on the loopback (127.0.0.53 of systemd-resolved, dnsmasq) or the cluster DNS itself, the question comes back; the loop plugin notices it and stops the process.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/replicas-disagree', 'dns/forwards-to-itself'],
  needs: ['clusterDns'],
  uses: ['nodes', 'logs'],
  evaluate({ clusterDns, nodes, logs }) {
    if (!clusterDns.service) return notApplicable('no Service of a cluster DNS is to be seen');
    const outage = dnsOutage(clusterDns, nodes, logs);
    if (outage?.kind !== 'loop') return passed('CoreDNS reports no forwarding loop');
    const { service, ailing, said } = outage;
    const loopback = /Loop \((127\.[\d.]+|\[?::1)/.test(said?.line ?? '');
    return problem({
      certainty: 'certain',
      summary: `CoreDNS finds its own question coming back and exits: ${ailing.length} of ${clusterDns.pods.length} Pods are in ${formatAiling(ailing)}, and ${service.metadata.name} ${addressesOf(service).join(',')} answers nobody`,
      evidence: allOf([
        ...(said ? [evidence(said.pod, said.previous ? 'log of the previous container' : 'log', said.line)] : []),
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
        ...(clusterDns.corefile
          ? linesOf(clusterDns.corefile.parsed, 'forward').map((line) =>
              evidence(clusterDns.corefile?.configMap ?? service, 'data.Corefile', line),
            )
          : []),
      ]),
      confirm: [
        confirm(
          kubectl(
            'logs',
            '-n',
            clusterDns.namespace,
            said?.pod.metadata.name ?? '',
            ...(said?.previous ? ['--previous'] : []),
          ),
          'plugin/loop: Loop … detected for zone',
        ),
      ],
      fix: {
        explain: `${loopback ? 'The nameserver of the node is a stub on its loopback address. ' : ''}Give kubelet the file with the real upstream servers (resolvConf: /run/systemd/resolve/resolv.conf in its configuration) and restart it, or write those servers into the Corefile instead of forward . /etc/resolv.conf; then restart CoreDNS.`,
        commands: restartOf(clusterDns.workloads),
      },
    });
  },
});
