import { formatAiling, serverName } from '../../snapshot/dns-outage.ts';
import { confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { ofDnsOutage, onOutage, outageEvidence, shortened } from './dns-server-outage.ts';

export default defineCheck({
  id: 'dns/pods-cannot-start',
  title: 'The cluster DNS cannot start',
  why: 'The containers of the DNS Pods cannot be created: an image that cannot be pulled, a ConfigMap that is missing, a sandbox without a network. No name resolves in the cluster until one starts.',
  ...ofDnsOutage,
  evaluate: onOutage('cannot-start', 'the DNS Pods have started', (outage, dns) => {
    const { ailing } = outage;
    const [first] = ailing.filter(({ trouble }) => trouble && trouble.kind !== 'probe' && trouble.kind !== 'starting');
    const trouble = first?.trouble;
    const image = trouble?.kind === 'image' ? trouble.image : undefined;
    const [workload] = dns.workloads;
    return problem({
      certainty: 'certain',
      summary: `No ${serverName(dns)} Pod can start: ${formatAiling(ailing)}${image ? ` for ${image}` : trouble?.message ? `, ${shortened(trouble.message, 140)}` : ''}`,
      evidence: outageEvidence(
        outage,
        ...(image && first ? [evidence(first.pod, 'spec.containers.image', image)] : []),
      ),
      confirm: [
        confirm(
          kubectl('describe', 'pod', first?.pod.metadata.name ?? '', '-n', dns.namespace),
          trouble?.reason ?? 'the reason among its events',
        ),
      ],
      fix: {
        explain: image
          ? 'Point the workload at an image that the nodes can pull: check the tag, the registry and its credentials.'
          : 'Mend what the message names; the Pods start by themselves afterwards.',
        commands:
          image && workload
            ? [kubectl('get', workload.kind.toLowerCase(), workload.metadata.name, '-n', dns.namespace, '-o', 'wide')]
            : [],
      },
    });
  }),
});
