import type { Pod } from '../../k8s/objects.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

/** What kube-proxy says when it runs and yet writes no rules, and what that means. */
const complaints: readonly { readonly says: RegExp; readonly means: string; readonly fix: string }[] = [
  {
    says: /(endpointslices|services|nodes|serviceCIDRs)\S* is forbidden|cannot (list|watch) resource/i,
    means: 'may not read what it needs from the API server (forbidden)',
    fix: 'Bind the ServiceAccount kube-proxy to the ClusterRole system:node-proxier, which may list and watch Services, EndpointSlices and Nodes.',
  },
  {
    says: /iptables-restore|ip6tables-restore|Failed to execute iptables|xtables lock|nft(ables)?.*(fail|error|not supported)|sync.*failed.*(iptables|nftables)/i,
    means: 'fails to write its rules',
    fix: 'Give kube-proxy a working backend: the kernel modules and the iptables variant (legacy or nft) of the node, or another mode in its ConfigMap.',
  },
  {
    says: /ipvs.*(not available|can.?t|cannot|fail|missing|not loaded)|can.?t use (the )?ipvs/i,
    means: 'cannot use IPVS on this node',
    fix: 'Load the kernel modules (ip_vs, ip_vs_rr, ip_vs_wrr, ip_vs_sh, nf_conntrack) on the node, or set mode to iptables in the kube-proxy ConfigMap.',
  },
  {
    says: /(failed to (list|watch)|reflector).*(connection refused|i\/o timeout|no route to host|certificate|unauthorized|no such host|EOF)/i,
    means: 'cannot reach the API server and works with what it knew before',
    fix: 'Correct the server address and the credentials in the kube-proxy ConfigMap (kubeconfig.conf), and the way from the node to the API server.',
  },
];

export default defineCheck({
  id: 'dataplane/kube-proxy-failing',
  title: 'kube-proxy runs, but cannot do its work',
  why: 'A kube-proxy that cannot read EndpointSlices or write its rules stays Ready and keeps the rules of yesterday. Connections to a ClusterIP then go to Pods that are gone, or nowhere.',
  impact: 'breaks',
  explains: ['dataplane/kube-proxy-rules', 'dataplane/stale-conntrack', 'dns/lookups-fail', 'dns/udp-blocked'],
  needs: ['kubeProxy', 'logs'],
  uses: ['client'],
  evaluate({ kubeProxy, logs, client }) {
    const nodes = new Set((client?.pods ?? []).map(({ spec }) => spec.nodeName));
    const read = logs.flatMap((log) => {
      const pod = kubeProxy.pods.find(
        ({ metadata }) => metadata.name === log.pod.name && metadata.namespace === log.pod.namespace,
      );
      return pod && (nodes.size === 0 || nodes.has(pod.spec.nodeName)) ? [{ pod, text: log.text }] : [];
    });
    if (read.length === 0) return notApplicable('no log of a kube-proxy that matters here was read');
    const found = read.flatMap(({ pod, text }) => complaintIn(pod, text));
    const [first] = found;
    if (!first)
      return passed(`the log of ${read.map(({ pod }) => pod.metadata.name).join(', ')} shows no such trouble`);
    return problem({
      certainty: 'likely',
      ...(nodes.size > 0 ? {} : { impact: 'degrades' }),
      summary: `${first.pod.metadata.name} on ${first.pod.spec.nodeName} ${first.means}`,
      evidence: allOf(found.slice(0, 3).map(({ pod, line }) => evidence(pod, 'log', line))),
      confirm: [
        confirm(
          kubectl('logs', '-n', first.pod.metadata.namespace ?? '', first.pod.metadata.name, '--tail=50'),
          first.line,
        ),
      ],
      fix: {
        explain: first.fix,
        commands: [kubectl('get', 'configmap', 'kube-proxy', '-n', 'kube-system', '-o', 'yaml')],
      },
    });
  },
});

function complaintIn(pod: Pod, text: string) {
  const lines = text.split('\n');
  return complaints.flatMap(({ says, means, fix }) => {
    const line = lines.findLast((each) => says.test(each));
    return line === undefined ? [] : [{ pod, line: line.trim().slice(0, 300), means, fix }];
  });
}
