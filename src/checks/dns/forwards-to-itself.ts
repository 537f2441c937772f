import { formatPlugin } from '../../k8s/corefile.ts';
import { circlingForward, dnsEndpoints } from '../../snapshot/dns-outage.ts';
import { confirmInCorefile } from '../corefile-confirm.ts';
import { allOf, defineCheck, evidence, notApplicable, passed, problem, restartOf } from '../define.ts';

export default defineCheck({
  id: 'dns/forwards-to-itself',
  title: 'The cluster DNS sends questions back to itself',
  why: 'What CoreDNS does not know it forwards. Forwarded to its own Service or loopback address, each such question circles until it times out and eats memory; names of Services still resolve. CoreDNS Pods need dnsPolicy Default: with ClusterFirst their /etc/resolv.conf names themselves.',
  impact: 'degrades',
  needs: ['clusterDns'],
  evaluate({ clusterDns: dns }) {
    const { corefile, addresses } = dns;
    if (!corefile || corefile.parsed.error) return notApplicable('the Corefile is not known');
    const circling = circlingForward(dns);
    if (!circling) return passed('CoreDNS forwards to servers outside itself');
    if (circling.noticed && dns.service && dnsEndpoints(dns).ready === 0)
      return notApplicable('the plugin loop ends CoreDNS before a question can circle');
    const { plugin: circles, byPolicy } = circling;
    return problem({
      certainty: byPolicy ? 'likely' : 'certain',
      summary: byPolicy
        ? `CoreDNS runs with dnsPolicy ${byPolicy.policy}, so its ${formatPlugin(circles)} asks ${addresses.join(',')}, which is itself`
        : `${formatPlugin(circles)} sends unknown names back to the cluster DNS: names outside the cluster time out`,
      evidence: allOf([
        evidence(corefile.configMap, `data.Corefile line ${circles.line}`, formatPlugin(circles)),
        ...(byPolicy ? [evidence(byPolicy.workload, 'spec.template.spec.dnsPolicy', byPolicy.policy)] : []),
        ...(dns.service ? [evidence(dns.service, 'spec.clusterIP', addresses.join(','))] : []),
      ]),
      confirm: [confirmInCorefile(corefile.configMap, dns.namespace, formatPlugin(circles))],
      fix: byPolicy
        ? {
            explain: 'Give the CoreDNS Pods the node’s resolver: dnsPolicy Default.',
            patch: {
              object: byPolicy.workload,
              type: 'merge',
              body: { spec: { template: { spec: { dnsPolicy: 'Default' } } } },
            },
          }
        : {
            explain: 'Forward to /etc/resolv.conf or to the address of a real upstream server.',
            patch: {
              object: corefile.configMap,
              type: 'merge',
              body: {
                data: { Corefile: corefile.text.replace(circles.args.slice(1).join(' '), '/etc/resolv.conf') },
              },
            },
            commands: restartOf(dns.workloads),
          },
    });
  },
});
