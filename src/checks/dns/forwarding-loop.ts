import { formatPlugin, linesOf } from '../../k8s/corefile.ts';
import { circlingForward, formatAiling } from '../../snapshot/dns-outage.ts';
import { defineCheck, evidence, problem, restartOf } from '../define.ts';
import { atAddress, logConfirm, ofDnsOutage, onOutage, outageEvidence } from './dns-server-outage.ts';

export default defineCheck({
  id: 'dns/forwarding-loop',
  title: 'CoreDNS forwards to itself and exits',
  why: 'CoreDNS hands names it does not know to the nameserver in its own /etc/resolv.conf, which is the node’s. Where that is a stub on the loopback (127.0.0.53 of systemd-resolved, dnsmasq) or the cluster DNS itself, the question comes back; the loop plugin notices it and stops the process.',
  ...ofDnsOutage,
  explains: [...ofDnsOutage.explains, 'dns/forwards-to-itself'],
  evaluate: onOutage('loop', 'CoreDNS reports no forwarding loop', (outage, dns) => {
    const { service, ailing, said } = outage;
    const { corefile } = dns;
    const circling = circlingForward(dns);
    const to = circling?.plugin.args.slice(1).join(' ') ?? '';
    const loopback = /Loop \((127\.[\d.]+|\[?::1)/.test(said?.line ?? '');
    const down = `${ailing.length} of ${dns.pods.length} Pods are in ${formatAiling(ailing)}, and ${atAddress(service)} answers nobody`;
    return problem({
      certainty: said ? 'certain' : 'likely',
      summary:
        said || !circling
          ? `CoreDNS finds its own question coming back and exits: ${down}`
          : `${circling.byPolicy ? `CoreDNS runs with dnsPolicy ${circling.byPolicy.policy}, and ` : ''}${formatPlugin(circling.plugin)} leads back to CoreDNS, which exits at such a loop: ${down}`,
      evidence: outageEvidence(
        outage,
        ...(corefile ? linesOf(corefile.parsed, 'forward') : []).map((line) =>
          evidence(corefile?.configMap ?? service, 'data.Corefile', line),
        ),
        ...(circling?.byPolicy
          ? [evidence(circling.byPolicy.workload, 'spec.template.spec.dnsPolicy', circling.byPolicy.policy)]
          : []),
      ),
      confirm: [logConfirm(outage, dns, 'plugin/loop: Loop … detected for zone')],
      fix: circling?.byPolicy
        ? {
            explain: 'Give the CoreDNS Pods the node’s resolver: dnsPolicy Default.',
            patch: {
              object: circling.byPolicy.workload,
              type: 'merge',
              body: { spec: { template: { spec: { dnsPolicy: 'Default' } } } },
            },
          }
        : circling && corefile
          ? {
              explain: `Forward to real upstream servers instead of ${to}: to /etc/resolv.conf, where kubelet has one that names them (resolvConf: /run/systemd/resolve/resolv.conf with systemd-resolved), or to their addresses; then restart CoreDNS.`,
              patch: {
                object: corefile.configMap,
                type: 'merge',
                body: {
                  data: {
                    Corefile: corefile.text.replace(
                      new RegExp(`^([ \\t]*forward[ \\t]+\\S+[ \\t]+)${to.replaceAll('.', '\\.')}`, 'm'),
                      '$1/etc/resolv.conf',
                    ),
                  },
                },
              },
              commands: restartOf(dns.workloads),
            }
          : {
              explain: `${loopback ? 'The nameserver of the node is a stub on its loopback address. ' : ''}Give kubelet the file with the real upstream servers (resolvConf: /run/systemd/resolve/resolv.conf in its configuration) and restart it, or write those servers into the Corefile instead of forward . /etc/resolv.conf; then restart CoreDNS.`,
              commands: restartOf(dns.workloads),
            },
    });
  }),
});
