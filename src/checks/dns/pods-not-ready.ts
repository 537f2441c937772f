import { formatLabels } from '../../k8s/labels.ts';
import { formatAiling, serverName, type DnsOutage } from '../../snapshot/dns-outage.ts';
import { confirm, defineCheck, kubectl, problem, type Fix } from '../define.ts';
import { atAddress, ofDnsOutage, onOutage, outageEvidence, shortened } from './dns-server-outage.ts';

export default defineCheck({
  id: 'dns/pods-not-ready',
  title: 'No Pod of the cluster DNS is ready',
  why: 'The DNS Service forwards only to ready Pods. They run, but their readiness probe fails or their node is lost: CoreDNS is ready once every plugin is, the kubernetes plugin above all.',
  ...ofDnsOutage,
  evaluate: onOutage('not-ready', 'a DNS Pod is ready', (outage, dns) => {
    const { service, ailing, said } = outage;
    const lost = nodesLostBy(outage);
    const young = ailing.length > 0 && ailing.every(({ trouble }) => trouble?.kind === 'starting');
    const what =
      ailing.length === 0
        ? 'its EndpointSlices list none of them as ready, though they are'
        : lost.length > 0
          ? `they run on ${lost.join(', ')}, which is not reporting (NotReady)`
          : (said?.line ?? ailing.map(({ trouble }) => trouble?.message).find(Boolean) ?? formatAiling(ailing));
    const selector = formatLabels(service.spec.selector);
    return problem({
      certainty: young ? 'likely' : 'certain',
      summary: `${atAddress(service)} has no ready ${serverName(dns)} Pod: ${shortened(what, 140)}`,
      evidence: outageEvidence(outage),
      confirm: [
        confirm(
          kubectl('get', 'pods', '-n', dns.namespace, '-l', selector, '-o', 'wide'),
          lost.length > 0 ? `each Pod on ${lost.join(', ')}` : '0/1 for each Pod',
        ),
        ...lost.slice(0, 1).map((node) => confirm(kubectl('get', 'node', node), 'NotReady')),
      ],
      fix:
        lost.length > 0
          ? fixOfLostNodes(outage, lost, dns.namespace)
          : {
              explain:
                'Read the log: CoreDNS says which plugin it waits for; for kubernetes that is the connection to the API server or a permission.',
              commands: [kubectl('logs', '-n', dns.namespace, '-l', selector, '--tail=20')],
            },
    });
  }),
});

const nodesLostBy = ({ ailing }: DnsOutage): readonly string[] => [
  ...new Set(ailing.flatMap(({ trouble }) => (trouble?.kind === 'node' ? [trouble.node] : []))),
];

/** No log comes from a node whose kubelet is silent, and no Pod there ends before it speaks again: only force takes them off. */
const fixOfLostNodes = ({ ailing }: DnsOutage, nodes: readonly string[], namespace: string): Fix => ({
  explain: `Bring ${nodes.join(', ')} back: its conditions say since when its kubelet is silent. Where it stays away, delete the Pods there with force, so that others start on a node that works.`,
  commands: [
    ...nodes.map((node) => kubectl('describe', 'node', node)),
    kubectl(
      'delete',
      'pod',
      ...ailing.flatMap(({ pod, trouble }) => (trouble?.kind === 'node' ? [pod.metadata.name] : [])),
      '-n',
      namespace,
      '--force',
      '--grace-period=0',
    ),
  ],
});
