import { named } from '../../k8s/named.ts';
import type { Node, Pod } from '../../k8s/objects.ts';
import { oncePerPair } from '../../k8s/once-per.ts';
import { containerStatusesOf, isReady, isTerminating, podsOnNode } from '../../k8s/pods.ts';
import { includesLabels } from '../../k8s/labels.ts';
import { isVirtualNode } from '../../k8s/network-plugin.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/kube-proxy-down',
  title: 'kube-proxy does not run on a node',
  why: 'kube-proxy writes the rules that turn a ClusterIP into a Pod address, on each node for itself. Where it does not run, new Services and new Pods are unknown: connections from that node to any ClusterIP time out or go to Pods that are gone.',
  impact: 'breaks',
  explains: ['dataplane/kube-proxy-rules', 'dataplane/stale-conntrack', 'dns/lookups-fail', 'dns/udp-blocked'],
  needs: ['service', 'kubeProxy'],
  uses: ['nodes', 'client', 'networkAgents', 'logs'],
  evaluate({ service, kubeProxy, nodes = [], client, networkAgents, logs = [] }) {
    if (service.spec.clusterIP === 'None') return notApplicable('a headless Service needs no kube-proxy');
    const { daemonSets, pods } = kubeProxy;
    const [set] = daemonSets;
    if (!set && pods.length === 0)
      return notApplicable('kube-proxy is not run by a DaemonSet: another proxy, or the nodes themselves, do its work');
    const replaced = (networkAgents?.daemonSets ?? []).some(({ metadata }) =>
      /^cilium|kube-router|ovnkube/.test(metadata.name),
    );
    if (replaced && pods.length === 0) return notApplicable('the network plugin does the work of kube-proxy');
    const asked = client?.pods.flatMap(({ spec }) => (spec.nodeName ? [spec.nodeName] : [])) ?? [];
    const { relevant, troubles } =
      asked.length > 0 ? troublesOn([...new Set(asked)], pods, nodes) : troublesAnywhere(pods, nodes);
    const [first] = troubles;
    if (!first)
      return passed(
        `kube-proxy runs on ${relevant.length > 3 ? `all ${relevant.length} nodes` : relevant.join(', ') || 'its nodes'}`,
      );
    const bad = new Set(troubles.map(({ node }) => node));
    const all = asked.length > 0 && asked.every((node) => bad.has(node));
    const wanted = set?.spec.template?.spec.nodeSelector ?? {};
    const node = named(nodes, first.node);
    const excluded = !first.pod && node !== undefined && !includesLabels(node.metadata.labels, wanted);
    const said = logs
      .filter(({ pod }) => troubles.some((each) => each.pod?.metadata.name === pod.name))
      .map(({ text }) => lastComplaint(text))[0];
    return problem({
      certainty: first.sure ? 'certain' : 'likely',
      ...(all ? {} : { impact: 'degrades' }),
      summary: `${first.pod ? `${first.pod.metadata.name} on ${first.node} is ${first.says}` : `no kube-proxy Pod runs on ${first.node}`}${client ? `, where ${client.object.metadata.name} runs` : ''}: ${service.spec.clusterIP ?? 'the ClusterIP'} leads nowhere from there`,
      evidence: allOf([
        ...troubles
          .slice(0, 3)
          .map((each) =>
            each.pod
              ? evidence(each.pod, 'status', each.detail)
              : evidence(
                  set ?? service,
                  'spec.template',
                  `no Pod of it on ${each.node}${excluded ? `: its nodeSelector ${JSON.stringify(wanted)} leaves the node out` : ''}`,
                ),
          ),
        ...(said && first.pod ? [evidence(first.pod, 'log', said)] : []),
        ...(client?.pods ?? [])
          .filter(({ spec }) => bad.has(spec.nodeName ?? ''))
          .slice(0, 2)
          .map((pod) => evidence(pod, 'spec.nodeName', pod.spec.nodeName)),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'pods',
            '-n',
            set?.metadata.namespace ?? 'kube-system',
            '-l',
            'k8s-app=kube-proxy',
            '-o',
            'wide',
            '--field-selector',
            `spec.nodeName=${first.node}`,
          ),
          first.pod ? first.says : 'No resources found',
        ),
      ],
      fix: {
        explain:
          first.pod && !hasRun(first.pod)
            ? neverRan(first.says)
            : first.pod
              ? 'Read its log, mend what it complains of (flags, the kube-proxy ConfigMap, RBAC, kernel modules), and let the DaemonSet make the Pod again.'
              : excluded
                ? `Let the DaemonSet reach ${first.node}: correct its nodeSelector, or label the node.`
                : `Let the DaemonSet reach ${first.node}: look for taints it does not tolerate, an affinity that leaves the node out, or a full node.`,
        commands: first.pod
          ? [
              hasRun(first.pod)
                ? kubectl('logs', '-n', first.pod.metadata.namespace ?? '', first.pod.metadata.name, '--previous')
                : kubectl('describe', 'pod', first.pod.metadata.name, '-n', first.pod.metadata.namespace ?? ''),
            ]
          : [
              kubectl(
                'describe',
                'daemonset',
                set?.metadata.name ?? 'kube-proxy',
                '-n',
                set?.metadata.namespace ?? 'kube-system',
              ),
            ],
      },
    });
  },
});

/** A container that never started has no log. */
const hasRun = (pod: Pod): boolean =>
  containerStatusesOf(pod).some(
    ({ restartCount = 0, state, lastState }) =>
      restartCount > 0 || state?.running !== undefined || (state?.terminated ?? lastState?.terminated) !== undefined,
  );

function neverRan(reason: string): string {
  if (/Image|ErrImage|Registry/.test(reason))
    return 'Let the node pull the image: correct its name or tag in the DaemonSet, the pull secret, or the way from this node to the registry. There is no log yet.';
  if (/Config|Create/.test(reason))
    return 'Give the DaemonSet what its container asks for: the ConfigMap, the Secret or the volume that the events of the Pod name.';
  return 'The Pod has not started yet: its events name what holds it back on this node.';
}

interface Trouble {
  readonly node: string;
  readonly pod: Pod | undefined;
  readonly says: string;
  readonly detail: string;
  readonly sure: boolean;
}

interface Looked {
  readonly relevant: readonly string[];
  readonly troubles: readonly Trouble[];
}

const troublesOn = (relevant: readonly string[], pods: readonly Pod[], nodes: readonly Node[]): Looked => ({
  relevant,
  troubles: relevant.flatMap((node) => troubleOn(node, pods, nodes)),
});

/** The same for every Service whose client is not known. */
const troublesAnywhere = oncePerPair((pods: readonly Pod[], nodes: readonly Node[]): Looked =>
  troublesOn(
    nodes.filter(canHaveOne).map(({ metadata }) => metadata.name),
    pods,
    nodes,
  ),
);

function troubleOn(name: string, pods: readonly Pod[], nodes: readonly Node[]): readonly Trouble[] {
  const node = named(nodes, name);
  if (node && !canHaveOne(node)) return [];
  const own = podsOnNode(pods, name).filter((pod) => !isTerminating(pod));
  if (own.some(isReady)) return [];
  const [pod] = own;
  if (!pod) return [{ node: name, pod, says: 'missing', detail: 'missing', sure: true }];
  const status = containerStatusesOf(pod)[0];
  const waiting = status?.state?.waiting;
  const ended = status?.lastState?.terminated ?? status?.state?.terminated;
  const says = waiting?.reason ?? (ended ? 'terminated' : 'not ready');
  return [
    {
      node: name,
      pod,
      says,
      detail: [
        says,
        waiting?.message,
        ended
          ? `last exit code ${ended.exitCode}${ended.message ? `: ${ended.message.trim().split('\n').at(-1)}` : ''}`
          : undefined,
        status?.restartCount ? `${status.restartCount} restarts` : undefined,
      ]
        .filter(Boolean)
        .join('; '),
      sure: waiting !== undefined || ended !== undefined,
    },
  ];
}

const canHaveOne = ({ metadata: { labels } }: Node): boolean =>
  !isVirtualNode(labels) && labels?.['kubernetes.io/os'] !== 'windows';

const lastComplaint = (text: string): string | undefined =>
  text
    .trim()
    .split('\n')
    .filter((line) => /^[EF]\d{4}|error|fail|panic|forbidden|unknown|unable|cannot|invalid/i.test(line))
    .at(-1)
    ?.slice(0, 300);
