import { formatServicePort, protocolOf } from '../../k8s/ports.ts';
import { portsOpened } from '../../snapshot/cluster-dns.ts';
import { confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/service-port',
  title: 'The DNS Service does not offer port 53',
  why: 'Resolvers know one port only: 53, over UDP first and over TCP for answers that do not fit. The DNS Service must offer both, whatever port its Pods listen on.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/udp-blocked'],
  needs: ['clusterDns'],
  evaluate({ clusterDns: dns }) {
    const { service } = dns;
    if (!service) return notApplicable('no Service of a cluster DNS is to be seen');
    const { name } = service.metadata;
    const ports = service.spec.ports ?? [];
    const missing = (['UDP', 'TCP'] as const).filter(
      (protocol) => !ports.some((port) => port.port === 53 && protocolOf(port) === protocol),
    );
    if (missing.length === 0) return passed(`${name} offers 53 over UDP and TCP`);
    const offered = ports.map(formatServicePort).join(', ') || 'no port';
    const targetPort = portsOpened(dns)[0] ?? 53;
    const udp = missing.includes('UDP');
    return problem({
      certainty: 'certain',
      ...(udp ? {} : { impact: 'risks' }),
      summary: udp
        ? `${name} ${dns.addresses.join(',')} offers ${offered}, but not 53/UDP, which every resolver asks first`
        : `${name} offers no 53/TCP: answers that do not fit into a UDP packet are lost`,
      evidence: [evidence(service, 'spec.ports', offered)],
      confirm: [confirm(kubectl('get', 'service', name, '-n', dns.namespace), offered)],
      fix: {
        explain: `Offer port 53 over ${missing.join(' and ')}, to port ${targetPort} of the Pods.`,
        patch: {
          object: service,
          type: 'json',
          body: missing.map((protocol) => ({
            op: 'add',
            path: '/spec/ports/-',
            value: { name: protocol === 'UDP' ? 'dns-53' : 'dns-53-tcp', port: 53, protocol, targetPort },
          })),
        },
      },
    });
  },
});
