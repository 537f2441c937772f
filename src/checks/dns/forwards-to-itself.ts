import { formatPlugin } from '../../k8s/corefile.ts';
import { podIPsOf } from '../../k8s/pods.ts';
import { isLoopback } from '../../k8s/resolv-conf.ts';
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
  id: 'dns/forwards-to-itself',
  title: 'The cluster DNS sends questions back to itself',
  why: 'What CoreDNS does not know it forwards. Forwarded to its own Service or loopback address, each such question circles until it times out and eats memory; names of Services still resolve. CoreDNS Pods need dnsPolicy Default: with ClusterFirst their /etc/resolv.conf names themselves.',
  impact: 'degrades',
  needs: ['clusterDns'],
  evaluate({ clusterDns: dns }) {
    const { corefile, addresses } = dns;
    if (!corefile || corefile.parsed.error) return notApplicable('the Corefile is not known');
    const own = new Set([...addresses, ...dns.pods.flatMap(podIPsOf)]);
    const [workload] = dns.workloads;
    const policy = workload?.spec.template?.spec.dnsPolicy;
    const asksItself = policy === 'ClusterFirst' || policy === 'ClusterFirstWithHostNet';
    const circles = corefile.parsed.blocks
      .flatMap(({ plugins }) => plugins.filter(({ name }) => name === 'forward'))
      .find(({ args: [, ...to] }) =>
        to.some((server) => {
          const address = server.replace(/^dns:\/\//, '').replace(/^\[(.*)\](:53)?$|^([\d.]+):53$/, '$1$3');
          return (
            own.has(address) ||
            (isLoopback(address) && !/\d:\d+$/.test(address)) ||
            (server === '/etc/resolv.conf' && asksItself && dns.pods.every(({ spec }) => spec.dnsConfig === undefined))
          );
        }),
      );
    if (!circles) return passed('CoreDNS forwards to servers outside itself');
    const byPolicy = circles.args.includes('/etc/resolv.conf');
    return problem({
      certainty: byPolicy ? 'likely' : 'certain',
      summary: byPolicy
        ? `CoreDNS runs with dnsPolicy ${policy}, so its ${formatPlugin(circles)} asks ${addresses.join(',')}, which is itself`
        : `${formatPlugin(circles)} sends unknown names back to the cluster DNS: names outside the cluster time out`,
      evidence: allOf([
        evidence(corefile.configMap, `data.Corefile line ${circles.line}`, formatPlugin(circles)),
        ...(byPolicy && workload ? [evidence(workload, 'spec.template.spec.dnsPolicy', policy)] : []),
        ...(dns.service ? [evidence(dns.service, 'spec.clusterIP', addresses.join(','))] : []),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'configmap',
            corefile.configMap.metadata.name,
            '-n',
            dns.namespace,
            '-o',
            'jsonpath={.data.Corefile}',
          ),
          formatPlugin(circles),
        ),
      ],
      fix:
        byPolicy && workload
          ? {
              explain: 'Give the CoreDNS Pods the node’s resolver: dnsPolicy Default.',
              patch: {
                object: workload,
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
