import { podsSelectedBy } from '../../k8s/pods.ts';
import { declaredPortsOf, protocolOf, resolveTargetPort, targetPortOf } from '../../k8s/ports.ts';
import { portsOpened } from '../../snapshot/cluster-dns.ts';
import { serverName } from '../../snapshot/dns-outage.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/service-target-port',
  title: 'The DNS Service leads to a port where nobody serves names',
  why: 'Port 53 of the DNS Service leads to its targetPort in the Pods, and that must be the port which the Corefile opens: 53 by default, 5353 or 8053 where the server may not bind a low one. A named targetPort must be declared by a container, with the same protocol.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/udp-blocked'],
  needs: ['clusterDns'],
  uses: ['serverVersion'],
  evaluate({ clusterDns: dns, serverVersion }) {
    const { service } = dns;
    const pods = service ? podsSelectedBy(service, dns.pods) : [];
    const [pod] = pods;
    if (!service || !pod) return notApplicable('no Pod of a cluster DNS is to be seen');
    const { name } = service.metadata;
    const opened = portsOpened(dns);
    const reaches = (number: number | undefined) =>
      number !== undefined && (opened.length === 0 || opened.includes(number));
    const offered = (service.spec.ports ?? [])
      .map((port, index) => ({ port, index }))
      .filter(({ port }) => port.port === 53);
    const wrong = offered.filter(({ port }) =>
      pods.some((one) => !reaches(resolveTargetPort(one, port, serverVersion))),
    );
    const [first] = wrong;
    if (!first) return passed(`${name} leads to port ${opened.join(', ') || '53'} of its Pods`);
    const declared = declaredPortsOf(pod.spec).map(({ port }) => port);
    const right =
      opened[0] ?? declared.find((port) => protocolOf(port) === protocolOf(first.port))?.containerPort ?? 53;
    const target = targetPortOf(first.port);
    const unresolved = resolveTargetPort(pod, first.port, serverVersion) === undefined;
    const protocols = wrong.map(({ port }) => protocolOf(port)).join(' and ');
    return problem({
      certainty: 'certain',
      ...(protocols === 'TCP' ? { impact: 'degrades' } : {}),
      summary: `${name} sends 53/${protocols} to targetPort ${target}${unresolved ? ', a name that no container declares' : ''}, while ${serverName(dns)} listens on ${right}`,
      evidence: allOf([
        ...wrong.map(({ port, index }) => evidence(service, `spec.ports[${index}].targetPort`, targetPortOf(port))),
        ...(dns.corefile && opened.length > 0
          ? [evidence(dns.corefile.configMap, 'data.Corefile', `serves on port ${opened.join(', ')}`)]
          : []),
        evidence(
          pod,
          'spec.containers.ports',
          declared.map((port) => `${port.name ?? ''} ${port.containerPort}/${protocolOf(port)}`).join(', ') || 'none',
        ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', dns.namespace, '-o', 'jsonpath={.spec.ports}'),
          `targetPort ${target} for port 53`,
        ),
      ],
      fix: {
        explain: `Set targetPort of 53/${protocols} to ${right}.`,
        patch: {
          object: service,
          type: 'json',
          body: wrong.map(({ index }) => ({ op: 'replace', path: `/spec/ports/${index}/targetPort`, value: right })),
        },
      },
    });
  },
});
